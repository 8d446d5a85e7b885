package io.trestle.sdk.internal;

import org.jspecify.annotations.Nullable;

/**
 * The trace of the handler a thread runs in, so that nested calls of synchronous handlers join it
 * without being told. Asynchronous handlers say it in the options of the call.
 */
public final class TraceScope {
  private static final ThreadLocal<String> CURRENT = new ThreadLocal<>();

  private TraceScope() {}

  /** The trace of the calling thread; null outside a handler. */
  public static @Nullable String current() {
    return CURRENT.get();
  }

  /** Enters a trace. */
  public static void enter(String trace) {
    CURRENT.set(trace);
  }

  /** Leaves it. */
  public static void leave() {
    CURRENT.remove();
  }
}
