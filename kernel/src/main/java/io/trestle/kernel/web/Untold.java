package io.trestle.kernel.web;

import org.jspecify.annotations.Nullable;

/**
 * An unexpected failure as it may be logged: its class and where it happened, without its text,
 * which may quote the request.
 */
final class Untold extends RuntimeException {
  private Untold(Throwable failure) {
    super(failure.getClass().getName(), null, false, true);
    setStackTrace(failure.getStackTrace());
  }

  static Throwable of(@Nullable Throwable failure) {
    return failure == null ? new IllegalStateException("no failure given") : new Untold(failure);
  }
}
