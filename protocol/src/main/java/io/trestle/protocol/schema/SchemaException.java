package io.trestle.protocol.schema;

import org.jspecify.annotations.Nullable;

/**
 * A schema cannot be used: a fault of its author, never worth a retry. The message begins with
 * {@code serde:} and names the place, what was found there and what was expected.
 */
public final class SchemaException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  /** With what is wrong, without the prefix. */
  public SchemaException(String text) {
    this(text, null);
  }

  /** With what is wrong, without the prefix, and what found it. */
  public SchemaException(String text, @Nullable Throwable cause) {
    super("serde: " + text, cause);
  }
}
