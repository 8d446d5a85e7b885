package io.trestle.examples.orderflow.demo;

import org.jspecify.annotations.Nullable;

/** The demo cannot go on; the message says why and where to look. */
final class DemoException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean usage;

  DemoException(String message) {
    this(message, null);
  }

  DemoException(String message, @Nullable Throwable cause) {
    this(message, cause, false);
  }

  private DemoException(String message, @Nullable Throwable cause, boolean usage) {
    super(message, cause);
    this.usage = usage;
  }

  /** It was asked wrongly. */
  static DemoException usage(String message) {
    return new DemoException(message, null, true);
  }

  boolean isUsage() {
    return usage;
  }
}
