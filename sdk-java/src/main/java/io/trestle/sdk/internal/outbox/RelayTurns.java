package io.trestle.sdk.internal.outbox;

import io.trestle.sdk.internal.outbox.core.RelayPlan;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * When a relay has its turn: the plan, told by any thread, and the waiting for it, of the relay
 * alone. Nothing but this is shared between them; the lock is never held while the database or the
 * runtime works, so telling may be done on an event loop.
 */
final class RelayTurns {
  private static final long START = System.nanoTime();

  /** Then it looks again whether it is to wait. */
  private static final long LONGEST_WAIT_MILLIS = TimeUnit.HOURS.toMillis(1);

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final RelayPlan plan; // guarded by the lock
  private volatile boolean closing;
  private volatile long end = Long.MAX_VALUE;

  RelayTurns(boolean polling) {
    plan = new RelayPlan(polling, now());
  }

  /** Something that happened. */
  @FunctionalInterface
  interface News {
    void to(RelayPlan plan, long now);
  }

  /** Tells the plan. */
  void tell(News news) {
    lock.lock();
    try {
      news.to(plan, now());
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Tells of a failure; whether it is the first after a success. */
  boolean failed() {
    lock.lock();
    try {
      plan.failed(now());
      return plan.firstFailure();
    } finally {
      lock.unlock();
    }
  }

  /** There are turns for as long as this, then no more. */
  void close(Duration drain) {
    tell(
        (p, now) -> {
          end = Math.min(end, now + drain.toMillis());
          closing = true;
          p.stopping(now);
        });
  }

  boolean isClosing() {
    return closing;
  }

  boolean isOver() {
    return millisLeft() <= 0;
  }

  long millisLeft() {
    return end - now();
  }

  /** Whether the next turn is now. */
  boolean isDue() {
    lock.lock();
    try {
      return plan.next() <= now();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until it is time to look; false when it is time to end.
   *
   * @param connected whether there is a session; asked under the lock, so that one that begins
   *     between the question and the waiting is not missed
   * @param drained whether nothing was left at the last look
   */
  boolean await(BooleanSupplier connected, boolean drained) throws InterruptedException {
    lock.lock();
    try {
      while (true) {
        if (closing && (drained || isOver())) {
          return false;
        }
        boolean session = connected.getAsBoolean();
        if (closing && !session) {
          return false;
        }
        long wait = session ? plan.next() - now() : RelayPlan.NEVER;
        if (wait <= 0) {
          return true;
        }
        sleep(wait);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Waits as long as a failure demands, whether there is a session or not. */
  void pause() throws InterruptedException {
    lock.lock();
    try {
      for (long wait = plan.next() - now(); wait > 0 && !isOver(); wait = plan.next() - now()) {
        sleep(wait);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Waits a little, or until something is told. */
  void nap(long millis) throws InterruptedException {
    lock.lock();
    try {
      sleep(millis);
    } finally {
      lock.unlock();
    }
  }

  @SuppressWarnings("WaitNotInLoop") // who calls it looks again, or may be early
  private void sleep(long millis) throws InterruptedException {
    long longest = Math.min(LONGEST_WAIT_MILLIS, Math.max(1, millisLeft()));
    boolean unused = changed.await(Math.min(millis, longest), TimeUnit.MILLISECONDS);
  }

  /** Milliseconds of a clock that is never set; 0 or more. */
  private static long now() {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - START);
  }
}
