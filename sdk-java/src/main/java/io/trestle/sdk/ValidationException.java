package io.trestle.sdk;

import io.trestle.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

/** A declaration or a request is not acceptable, here or at the other end. */
public final class ValidationException extends ServiceBridgeException {
  private static final long serialVersionUID = 1L;

  /** With a message. */
  public ValidationException(String message) {
    this(message, null);
  }

  /** With a message and what led to it. */
  public ValidationException(String message, @Nullable Throwable cause) {
    super(ErrorCode.VALIDATION, message, cause);
  }
}
