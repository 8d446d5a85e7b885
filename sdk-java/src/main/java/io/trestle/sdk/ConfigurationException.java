package io.trestle.sdk;

import io.trestle.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

/** An option or a key cannot be used; nothing was started. */
public final class ConfigurationException extends ServiceBridgeException {
  private static final long serialVersionUID = 1L;

  /** With a message. */
  public ConfigurationException(String message) {
    this(message, null);
  }

  /** With a message and what led to it. */
  public ConfigurationException(String message, @Nullable Throwable cause) {
    super(ErrorCode.CONFIG, message, cause);
  }
}
