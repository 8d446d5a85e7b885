package io.trestle.sdk;

import io.trestle.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

/** The bridge is in the wrong phase of its life for this. */
public final class StateException extends ServiceBridgeException {
  private static final long serialVersionUID = 1L;

  /** With a message. */
  public StateException(String message) {
    this(message, null);
  }

  /** With a message and what led to it. */
  public StateException(String message, @Nullable Throwable cause) {
    super(ErrorCode.STATE, message, cause);
  }
}
