package io.trestle.sdk;

import io.trestle.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

/** The name or pattern of an event is malformed. */
public final class InvalidEventNameException extends ServiceBridgeException {
  private static final long serialVersionUID = 1L;

  /** With a message. */
  public InvalidEventNameException(String message) {
    this(message, null);
  }

  /** With a message and what led to it. */
  public InvalidEventNameException(String message, @Nullable Throwable cause) {
    super(ErrorCode.INVALID_EVENT_NAME, message, cause);
  }
}
