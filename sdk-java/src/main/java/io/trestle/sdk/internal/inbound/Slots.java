package io.trestle.sdk.internal.inbound;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * How many calls run and wait. Beyond both bounds a call is refused at once, so that the caller can
 * go elsewhere while there is time. A place is given back by the handler, not by the caller
 * leaving: what counts is work under way. Any thread.
 */
final class Slots {
  /** What this thread has to run; the first is under way. */
  private static final ThreadLocal<Deque<Runnable>> TURNS =
      ThreadLocal.withInitial(ArrayDeque::new);

  private final int maxRunning;
  private final int maxQueued;
  private final Deque<Runnable> queue = new ArrayDeque<>();

  private int running;
  private @Nullable Runnable onIdle;

  Slots(int maxRunning, int maxQueued) {
    this.maxRunning = maxRunning;
    this.maxQueued = maxQueued;
  }

  /** What became of a call. */
  enum Entry {
    /** It may run now. */
    RUN,
    /** It runs when its turn comes. */
    QUEUED,
    /** There is no place. */
    REFUSED
  }

  /** Asks for a place; a queued task is run by the thread that gives its place back. */
  synchronized Entry enter(Runnable task) {
    if (running < maxRunning) {
      running++;
      return Entry.RUN;
    }
    if (queue.size() < maxQueued) {
      queue.add(task);
      return Entry.QUEUED;
    }
    return Entry.REFUSED;
  }

  /** Gives a place back; whoever waited for it runs. */
  void leave() {
    release().run();
  }

  /**
   * Gives a place back.
   *
   * @return runs whoever waited for it; to be run, and once
   */
  synchronized Runnable release() {
    Runnable next = queue.poll();
    if (next != null) {
      return () -> take(next);
    }
    running--;
    Runnable idle = running == 0 ? onIdle : null;
    if (idle == null) {
      return () -> {};
    }
    onIdle = null;
    return idle;
  }

  // A turn that ends at once leaves its place on the same stack; the next one must not pile up on
  // it.
  private static void take(Runnable turn) {
    Deque<Runnable> turns = TURNS.get();
    turns.add(turn);
    if (turns.size() > 1) {
      return; // the loop below runs it
    }
    for (Runnable next = turns.peek(); next != null; next = turns.peek()) {
      try {
        next.run();
      } finally {
        turns.remove();
      }
    }
  }

  /** Leaves the queue; false if it is its turn already. */
  synchronized boolean withdraw(Runnable task) {
    return queue.remove(task);
  }

  /** Runs an action when nothing runs and waits; at once if that is so. */
  void whenIdle(Runnable action) {
    synchronized (this) {
      if (running > 0) {
        onIdle = action;
        return;
      }
    }
    action.run();
  }

  synchronized int running() {
    return running;
  }

  synchronized int queued() {
    return queue.size();
  }
}
