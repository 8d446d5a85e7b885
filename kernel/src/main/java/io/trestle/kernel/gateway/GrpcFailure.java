package io.trestle.kernel.gateway;

import io.trestle.protocol.StatusCode;

/** A gRPC status as an exception without a stack: an expected answer on a hot path. */
public final class GrpcFailure extends RuntimeException {
  private final StatusCode status;
  private final boolean notDispatched;

  private GrpcFailure(StatusCode status, String message, boolean notDispatched) {
    super(message, null, false, false);
    this.status = status;
    this.notDispatched = notDispatched;
  }

  /** A plain status. */
  public static GrpcFailure of(StatusCode status, String message) {
    return new GrpcFailure(status, message, false);
  }

  /**
   * A status with the trailer {@code x-sb-not-dispatched: 1}: the request provably had no effect.
   */
  public static GrpcFailure notDispatched(StatusCode status, String message) {
    return new GrpcFailure(status, message, true);
  }

  /** The status to answer. */
  public StatusCode status() {
    return status;
  }

  /** Whether the trailer goes with it. */
  public boolean notDispatched() {
    return notDispatched;
  }
}
