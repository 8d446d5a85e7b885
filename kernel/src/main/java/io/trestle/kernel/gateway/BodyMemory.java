package io.trestle.kernel.gateway;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Bytes of requests that are in memory, of all connections together: the bounds of connections and
 * instances say nothing of how many of them there are. Counted is what has arrived, until its call
 * ends; what is only announced takes nothing.
 *
 * <p>Above the bound large requests wait, as at the other bounds. What clients may still send is in
 * their windows, megabytes for each, so a quarter above the bound every request that goes on
 * arriving ends at once. That quarter is there for small ones, which large ones so cannot shut out.
 * A request that is alone is never stopped.
 *
 * <p>Thread: any.
 */
final class BodyMemory {
  /** Below this a request is small. */
  static final long SMALL = 64 << 10;

  private final long bound;
  private final AtomicLong bytes = new AtomicLong();

  BodyMemory(long bound) {
    this.bound = bound;
  }

  void add(long count) {
    bytes.addAndGet(count);
  }

  long bytes() {
    return bytes.get();
  }

  long bound() {
    return bound;
  }

  /** Whether a request that holds so much has to wait. */
  boolean isCrowded(long own) {
    return own >= SMALL && isOver(bound, own);
  }

  /** Whether a request that holds so much has to end. */
  boolean isFull(long own) {
    return own > 0 && isOver(bound + bound / 4, own);
  }

  private boolean isOver(long limit, long own) {
    long all = bytes.get();
    return all > limit && all > own;
  }
}
