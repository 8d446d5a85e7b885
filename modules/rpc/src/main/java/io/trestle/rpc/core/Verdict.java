package io.trestle.rpc.core;

import io.trestle.protocol.StatusCode;
import java.util.UUID;

/** What the end of one attempt means for the call and for the health of the instance. */
public sealed interface Verdict {
  /** The callee answered; its reply passes through unchanged. */
  record Answer() implements Verdict {
    @Override
    public StatusCode status() {
      return StatusCode.OK;
    }
  }

  /**
   * Provably nothing happened: another instance may be tried; without one this status goes to the
   * caller, with trailer.
   */
  record TryNext(StatusCode status, String message) implements Verdict {}

  /** Final, without the trailer: the callee's own status, or what is wrong with its answer. */
  record Final(StatusCode status, String message) implements Verdict {}

  /** No answer came, and nobody knows what the callee did. Final, without the trailer. */
  record Unknown(StatusCode status, String message) implements Verdict {}

  /** The callee could not be reached, or was not who it should be. */
  static Verdict notReached(UUID instance, String why) {
    return new TryNext(StatusCode.UNAVAILABLE, "instance " + instance + " not reached: " + why);
  }

  /** The connection broke after the request was written. */
  static Verdict outcomeUnknown() {
    return new Unknown(StatusCode.UNAVAILABLE, "connection to the callee lost, outcome unknown");
  }

  /** The callee ended the call with a status. */
  static Verdict status(StatusCode status, String message, boolean notDispatched) {
    if (status == StatusCode.OK) {
      return new Answer();
    }
    return notDispatched ? new TryNext(status, message) : new Final(status, message);
  }

  /** Whether the callee says that it is not there. A stream that broke says nothing of others. */
  default boolean unavailable() {
    return !(this instanceof Unknown) && status() == StatusCode.UNAVAILABLE;
  }

  /** Whether the outcome counts against the instance (rpc.md 4.4). */
  default boolean isFailure() {
    return switch (status()) {
      case UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED -> true;
      case INTERNAL, UNKNOWN, ABORTED, DATA_LOSS -> true;
      default -> false;
    };
  }

  /** The status for the caller. */
  StatusCode status();
}
