package io.trestle.testing;

import io.trestle.kernel.Clock;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The machine's clock, set forward by a test; it can also be made to stand still. TLS and the
 * timers of the kernel do not follow it, only decisions do. Safe from any thread.
 */
public final class TestClock implements Clock {
  private static final long RUNNING = Long.MIN_VALUE;

  private final AtomicLong ahead = new AtomicLong();
  private final AtomicLong frozenAt = new AtomicLong(RUNNING);

  @Override
  public long millis() {
    long frozen = frozenAt.get();
    return ahead.get() + (frozen == RUNNING ? System.currentTimeMillis() : frozen);
  }

  /** Sets it forward. */
  public void advance(Duration by) {
    ahead.addAndGet(by.toMillis());
  }

  /** From now on it moves by {@link #advance} alone. */
  public void freeze() {
    frozenAt.compareAndSet(RUNNING, System.currentTimeMillis());
  }
}
