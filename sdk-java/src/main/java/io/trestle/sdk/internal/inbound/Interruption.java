package io.trestle.sdk.internal.inbound;

import org.jspecify.annotations.Nullable;

/** Interrupts a thread while it runs a handler, and never after: threads of a pool are reused. */
public final class Interruption {
  private @Nullable Thread thread;

  /** Of a thread that is about to run a handler. */
  public Interruption(Thread thread) {
    this.thread = thread;
  }

  /** Interrupts, unless the handler is done. */
  public synchronized void interrupt() {
    if (thread != null) {
      thread.interrupt();
    }
  }

  /** The handler is done; an interrupt that came late is swallowed. */
  public synchronized void end() {
    thread = null;
    Thread.interrupted();
  }
}
