package io.trestle.sdk.internal.inbound;

import org.jspecify.annotations.Nullable;

/** Interrupts a thread while it runs a handler, and never after: threads of a pool are reused. */
final class Interruption {
  private @Nullable Thread thread;

  Interruption(Thread thread) {
    this.thread = thread;
  }

  synchronized void interrupt() {
    if (thread != null) {
      thread.interrupt();
    }
  }

  /** The handler is done; an interrupt that came late is swallowed. */
  synchronized void end() {
    thread = null;
    Thread.interrupted();
  }
}
