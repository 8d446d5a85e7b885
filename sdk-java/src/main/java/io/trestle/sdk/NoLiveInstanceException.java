package io.trestle.sdk;

import io.trestle.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

/** Nobody can serve the call at the moment, as far as this instance sees. Nothing was sent. */
public final class NoLiveInstanceException extends ServiceBridgeException {
  private static final long serialVersionUID = 1L;

  /** With a message. */
  public NoLiveInstanceException(String message) {
    this(message, null);
  }

  /** With a message and what led to it. */
  public NoLiveInstanceException(String message, @Nullable Throwable cause) {
    super(ErrorCode.NO_LIVE_INSTANCE, message, cause);
  }
}
