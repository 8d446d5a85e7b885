package io.trestle.events;

import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The end of the log in memory, shared by all consumers: who is a little behind need not ask the
 * database, and who catches up can step over to the live events without a gap. What all have read
 * is forgotten soon: an object that dies young costs the garbage collector nothing, and one that
 * lives for seconds is copied in pauses.
 */
final class RecentEvents {
  private final long leastBytes;
  private final long maxBytes;
  private final NavigableMap<Long, Kept> events = new TreeMap<>();
  private long bytes;
  private long before;

  /**
   * Begins behind a position.
   *
   * @param leastBytes what it holds at least, even if all have read it
   * @param maxBytes what it may hold
   */
  RecentEvents(long before, long leastBytes, long maxBytes) {
    this.before = before;
    this.leastBytes = leastBytes;
    this.maxBytes = maxBytes;
  }

  private record Kept(Logged event, long committedAt) {}

  void add(Logged event, long committedAt) {
    events.put(event.position(), new Kept(event, committedAt));
    bytes += event.bytes();
    while (bytes > maxBytes) {
      forgetOldest();
    }
  }

  /** All have read up to here; the last of it stays for who falls behind a little. */
  void forget(long upTo) {
    while (bytes > leastBytes && events.firstKey() <= upTo) {
      forgetOldest();
    }
  }

  private void forgetOldest() {
    Logged oldest = events.pollFirstEntry().getValue().event();
    bytes -= oldest.bytes();
    before = oldest.position();
  }

  /** What it holds. */
  long bytes() {
    return bytes;
  }

  /** The event of a position, if it is still held. */
  @Nullable Logged at(long position) {
    Kept kept = events.get(position);
    return kept == null ? null : kept.event();
  }

  /** When an event was committed, or nearly: when it was accepted, if it is not held any more. */
  long committedAt(Logged event) {
    Kept kept = events.get(event.position());
    return kept == null ? event.createdAt() : kept.committedAt();
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
    for (Kept kept : events.tailMap(position, false).values()) {
      if (!taker.test(kept.event())) {
        return false;
      }
    }
    return true;
  }
}
