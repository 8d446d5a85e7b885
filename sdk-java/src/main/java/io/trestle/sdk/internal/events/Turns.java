package io.trestle.sdk.internal.events;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Lets so many run at once; the others wait in order. On one lane. A task that ends within its own
 * start makes no deeper stack of the next one.
 */
final class Turns {
  private final int bound;
  private final Deque<Runnable> waiting = new ArrayDeque<>(0);
  private int running;
  private boolean serving;

  /** Turns for at most so many; 0 for any number. */
  Turns(int bound) {
    this.bound = bound == 0 ? Integer.MAX_VALUE : bound;
  }

  /** Runs a task, now or when its turn comes. Each ends with {@link #leave}. */
  void enter(Runnable task) {
    waiting.add(task);
    serve();
  }

  /** A task is done. */
  void leave() {
    running--;
    serve();
  }

  /** Whether nothing runs or waits. */
  boolean idle() {
    return running == 0 && waiting.isEmpty();
  }

  private void serve() {
    if (serving) {
      return;
    }
    serving = true;
    while (running < bound && !waiting.isEmpty()) {
      running++;
      waiting.remove().run();
    }
    serving = false;
  }
}
