package io.trestle.sdk.http;

import java.util.ArrayDeque;
import java.util.Queue;

/** Lets a number of requests be under way at once; the others wait in order. Any thread. */
final class Turnstile {
  private final Queue<Runnable> waiting = new ArrayDeque<>();
  private int free;

  Turnstile(int places) {
    this.free = places;
  }

  /** Runs it now or when somebody leaves; each run is to be followed by one {@link #leave}. */
  void enter(Runnable request) {
    synchronized (this) {
      if (free == 0) {
        waiting.add(request);
        return;
      }
      free--;
    }
    request.run();
  }

  /** A place is free. */
  void leave() {
    Runnable next;
    synchronized (this) {
      next = waiting.poll();
      if (next == null) {
        free++;
        return;
      }
    }
    next.run();
  }
}
