package io.trestle.protocol;

import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * Makes UUIDs of version 7 (RFC 9562): 48 bits of Unix milliseconds, then 12 bits that count within
 * the millisecond, then 62 random bits. Ids of one generator rise strictly, also when the clock
 * stands or goes back.
 *
 * <p>Time and counter are one number of 60 bits. The next id takes the larger of "one more than the
 * last" and "now, with a random counter below 2048". A full counter carries into the time, so a
 * burst of more than 2048 ids in a millisecond runs ahead of the clock instead of waiting for it.
 * One compare-and-set per id; any thread.
 */
public final class UuidV7 {
  private static final int COUNTER_BITS = 12;
  private static final int COUNTER_START_BOUND = 1 << (COUNTER_BITS - 1);
  private static final long COUNTER_MASK = (1L << COUNTER_BITS) - 1;
  private static final long VERSION = 7L << 12;
  private static final long VARIANT = 1L << 63;
  private static final long RANDOM_MASK = (1L << 62) - 1;

  private final LongSupplier clock;
  private final RandomGenerator random;
  private final AtomicLong last = new AtomicLong(-1);

  /**
   * A generator.
   *
   * @param clock Unix time in milliseconds
   * @param random a source that any thread may use, such as {@code SecureRandom}
   */
  public UuidV7(LongSupplier clock, RandomGenerator random) {
    this.clock = clock;
    this.random = random;
  }

  /** The next id, larger than all before it. */
  public UUID next() {
    long start = (clock.getAsLong() << COUNTER_BITS) | random.nextInt(COUNTER_START_BOUND);
    long tick = last.updateAndGet(previous -> Math.max(previous + 1, start));
    long high = (tick >>> COUNTER_BITS) << 16 | VERSION | (tick & COUNTER_MASK);
    return new UUID(high, VARIANT | (random.nextLong() & RANDOM_MASK));
  }

  /** {@link #next} in its canonical lower-case form. */
  public String nextText() {
    return next().toString();
  }
}
