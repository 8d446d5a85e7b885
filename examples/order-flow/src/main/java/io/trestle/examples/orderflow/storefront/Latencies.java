package io.trestle.examples.orderflow.storefront;

import java.util.Arrays;

/** The times of the last calls of one kind. Not thread-safe. */
final class Latencies {
  private static final int KEPT = 10_000;

  private final long[] nanos = new long[KEPT];
  private long count;

  void add(long duration) {
    nanos[(int) (count++ % KEPT)] = duration;
  }

  /** Of all calls, not only of those that are kept. */
  long count() {
    return count;
  }

  /**
   * The smallest time that the given part of the calls did not exceed, in milliseconds; 0 without
   * calls.
   *
   * @param part 0 to 1
   */
  double percentileMillis(double part) {
    int kept = (int) Math.min(count, KEPT);
    if (kept == 0) {
      return 0;
    }
    long[] sorted = Arrays.copyOf(nanos, kept);
    Arrays.sort(sorted);
    int index = (int) Math.ceil(part * kept) - 1;
    return sorted[Math.max(index, 0)] / 1e6;
  }
}
