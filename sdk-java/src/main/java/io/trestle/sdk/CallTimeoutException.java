package io.trestle.sdk;

import io.trestle.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

/** The time of a call is over. Whether a handler ran is unknown, so it is not retryable. */
public final class CallTimeoutException extends ServiceBridgeException {
  private static final long serialVersionUID = 1L;

  /** With a message. */
  public CallTimeoutException(String message) {
    this(message, null);
  }

  /** With a message and what led to it. */
  public CallTimeoutException(String message, @Nullable Throwable cause) {
    super(ErrorCode.TIMEOUT, message, cause);
  }
}
