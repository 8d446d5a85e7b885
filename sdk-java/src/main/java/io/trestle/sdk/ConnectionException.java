package io.trestle.sdk;

import io.trestle.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

/**
 * The runtime or a peer could not be reached, or the runtime ended the session. What the runtime
 * answered decides the code: {@code CONNECTION} for what may heal, {@code ACCESS_DENIED} for a
 * refused key or identity, and so on.
 */
public class ConnectionException extends ServiceBridgeException {
  private static final long serialVersionUID = 1L;

  private final int grpcCode;

  /**
   * A failed connection.
   *
   * @param grpcCode the status it ended with, or -1 when it never came to one
   */
  public ConnectionException(String message, int grpcCode, @Nullable Throwable cause) {
    super(grpcCode < 0 ? ErrorCode.CONNECTION : ErrorCode.ofStatus(grpcCode), message, cause);
    this.grpcCode = grpcCode;
  }

  /** The gRPC status number, or -1. */
  public final int grpcCode() {
    return grpcCode;
  }
}
