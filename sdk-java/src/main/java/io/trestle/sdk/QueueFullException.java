package io.trestle.sdk;

import io.trestle.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

/** As many events wait to be published as may wait. A later attempt may succeed. */
public final class QueueFullException extends ServiceBridgeException {
  private static final long serialVersionUID = 1L;

  /** With a message. */
  public QueueFullException(String message) {
    this(message, null);
  }

  /** With a message and what led to it. */
  public QueueFullException(String message, @Nullable Throwable cause) {
    super(ErrorCode.QUEUE_FULL, message, cause);
  }
}
