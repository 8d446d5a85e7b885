package io.trestle.sdk.internal.breaker;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How many calls of the last ten seconds ended, and how many of them badly.
 *
 * <p>Ten buckets of one second. A bucket is one word: the low bits of the second it belongs to, its
 * outcomes and its failures. So counting is one compare-and-set on a word that is shared by the
 * calls of one second to one instance, without a lock and without garbage; a bucket of another
 * second is simply overwritten. The 20 bits of the second come round after twelve days, by which
 * time nobody but a peer that was silent for exactly that long could be mistaken; a count that
 * would overflow (four million calls a second) stays where it is.
 */
final class OutcomeWindow {
  static final int BUCKETS = 10;

  private static final int COUNT_BITS = 22;
  private static final long COUNT_MASK = (1L << COUNT_BITS) - 1;
  private static final long SECOND_MASK = (1L << 20) - 1;

  private final AtomicLongArray buckets = new AtomicLongArray(BUCKETS);

  /** Counts one. */
  void add(boolean failed, long nanos) {
    long second = second(nanos);
    int place = (int) Math.floorMod(second, (long) BUCKETS);
    long old;
    do {
      old = buckets.get(place);
    } while (!buckets.compareAndSet(place, old, plusOne(old, second & SECOND_MASK, failed)));
  }

  private static long plusOne(long bucket, long second, boolean failed) {
    boolean same = stamp(bucket) == second;
    long outcomes = same ? outcomes(bucket) : 0;
    long failures = same ? failures(bucket) : 0;
    if (outcomes == COUNT_MASK) {
      return bucket;
    }
    long more = failed ? failures + 1 : failures;
    return (second << (2 * COUNT_BITS)) | ((outcomes + 1) << COUNT_BITS) | more;
  }

  /** Whether there are enough outcomes and more than half of them are failures. */
  boolean trips(long nanos, int least) {
    long outcomes = 0;
    long failures = 0;
    long second = second(nanos);
    for (int age = 0; age < BUCKETS; age++) {
      long bucket = buckets.get((int) Math.floorMod(second - age, (long) BUCKETS));
      if (stamp(bucket) == ((second - age) & SECOND_MASK)) {
        outcomes += outcomes(bucket);
        failures += failures(bucket);
      }
    }
    return outcomes >= least && failures * 2 > outcomes;
  }

  void clear() {
    for (int place = 0; place < BUCKETS; place++) {
      buckets.set(place, 0);
    }
  }

  private static long second(long nanos) {
    return Math.floorDiv(nanos, TimeUnit.SECONDS.toNanos(1));
  }

  private static long stamp(long bucket) {
    return bucket >>> (2 * COUNT_BITS);
  }

  private static long outcomes(long bucket) {
    return (bucket >>> COUNT_BITS) & COUNT_MASK;
  }

  private static long failures(long bucket) {
    return bucket & COUNT_MASK;
  }
}
