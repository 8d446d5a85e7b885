package io.trestle.sdk;

import io.trestle.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

/** It exists already, with other content. */
public final class ConflictException extends ServiceBridgeException {
  private static final long serialVersionUID = 1L;

  /** With a message. */
  public ConflictException(String message) {
    this(message, null);
  }

  /** With a message and what led to it. */
  public ConflictException(String message, @Nullable Throwable cause) {
    super(ErrorCode.CONFLICT, message, cause);
  }
}
