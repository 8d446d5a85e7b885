package io.trestle.kernel.state;

import org.jspecify.annotations.Nullable;

/**
 * The state directory cannot be used. The message names the path, what was found and what to do.
 */
public final class StateException extends RuntimeException {
  StateException(String message) {
    this(message, null);
  }

  StateException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
