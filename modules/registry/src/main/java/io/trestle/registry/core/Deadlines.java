package io.trestle.registry.core;

import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.function.LongConsumer;

/**
 * What is to be looked at later. The owner arms one timer for {@link #next()}; actions check
 * whether they still apply.
 */
final class Deadlines {
  private final PriorityQueue<Deadline> queue =
      new PriorityQueue<>(
          Comparator.comparingLong(Deadline::at).thenComparingLong(Deadline::sequence));
  private long sequence;

  private record Deadline(long at, long sequence, LongConsumer action) {}

  void at(long millis, LongConsumer action) {
    queue.add(new Deadline(millis, sequence++, action));
  }

  /** When to look next; Long.MAX_VALUE when there is nothing. */
  long next() {
    Deadline first = queue.peek();
    return first == null ? Long.MAX_VALUE : first.at();
  }

  void run(long now) {
    while (next() <= now) {
      queue.remove().action().accept(now);
    }
  }
}
