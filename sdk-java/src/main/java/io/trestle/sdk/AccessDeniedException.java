package io.trestle.sdk;

import io.trestle.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

/** A policy, a revocation or a missing identity forbids it. */
public final class AccessDeniedException extends ServiceBridgeException {
  private static final long serialVersionUID = 1L;

  /** With a message. */
  public AccessDeniedException(String message) {
    this(message, null);
  }

  /** With a message and what led to it. */
  public AccessDeniedException(String message, @Nullable Throwable cause) {
    super(ErrorCode.ACCESS_DENIED, message, cause);
  }
}
