package io.trestle.conversations.codec;

import org.jspecify.annotations.Nullable;

/**
 * Bytes that are not the byte form of the record (where they go wrong, and what was expected), or a
 * value that breaks its own declaration (a null that is not declared so).
 */
public final class CodecException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean located;

  CodecException(String message) {
    this(message, false, null);
  }

  CodecException(String message, Throwable cause) {
    this(message, false, cause);
  }

  /** Stackless when it has no cause: the message says where in the bytes, which is what matters. */
  private CodecException(String message, boolean located, @Nullable Throwable cause) {
    super(message, cause, false, cause != null);
    this.located = located;
  }

  /** The same, named after the innermost component in which it happened. */
  CodecException in(String component) {
    return located ? this : new CodecException(component + ": " + getMessage(), true, getCause());
  }
}
