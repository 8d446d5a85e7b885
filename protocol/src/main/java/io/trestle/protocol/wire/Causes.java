package io.trestle.protocol.wire;

import org.jspecify.annotations.Nullable;

/** What lies at the bottom of a failure: that is what helps, not what it was wrapped in. */
final class Causes {
  private static final int MAX_DEPTH = 10;

  private Causes() {}

  /** {@code : } and the text of the innermost cause; empty for none. */
  static String root(@Nullable Throwable failure) {
    Throwable cause = failure;
    for (int i = 0; cause != null && cause.getCause() != null && i < MAX_DEPTH; i++) {
      cause = cause.getCause();
    }
    return cause == null ? "" : ": " + (cause.getMessage() == null ? cause : cause.getMessage());
  }
}
