package io.trestle.events;

import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The end of the log in memory, shared by all consumers: who is a little behind need not ask the
 * database, and who catches up can step over to the live events without a gap.
 */
final class RecentEvents {
  private final long maxBytes;
  private final NavigableMap<Long, Logged> events = new TreeMap<>();
  private long bytes;
  private long before;

  /**
   * Begins behind a position.
   *
   * @param maxBytes what it may hold
   */
  RecentEvents(long before, long maxBytes) {
    this.before = before;
    this.maxBytes = maxBytes;
  }

  void add(Logged event) {
    events.put(event.position(), event);
    bytes += event.bytes();
    while (bytes > maxBytes) {
      Logged oldest = events.pollFirstEntry().getValue();
      bytes -= oldest.bytes();
      before = oldest.position();
    }
  }

  /** What it holds. */
  long bytes() {
    return bytes;
  }

  /** The event of a position, if it is still held. */
  @Nullable Logged at(long position) {
    return events.get(position);
  }

  /** Whether it holds everything after this position. */
  boolean covers(long after) {
    return after >= before;
  }

  /**
   * Hands over what comes after a position, in order, until somebody has enough. What is before it
   * costs nothing.
   *
   * @param taker false when it has enough
   * @return whether all of it was taken
   */
  boolean after(long position, Predicate<Logged> taker) {
    for (Logged event : events.tailMap(position, false).values()) {
      if (!taker.test(event)) {
        return false;
      }
    }
    return true;
  }
}
