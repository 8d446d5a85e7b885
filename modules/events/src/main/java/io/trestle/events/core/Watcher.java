package io.trestle.events.core;

import io.trestle.conversations.EventAdmin.Accepted;
import io.trestle.protocol.events.EventFilter;
import io.trestle.protocol.events.EventPattern;
import io.trestle.protocol.events.JsonView;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What one operator watches: a ring of the latest events that match. When it is full the oldest are
 * left out and counted, so a slow watcher costs neither memory nor the publisher's time.
 */
public final class Watcher {
  static final int EVENTS = 1_000;
  static final long BYTES = 4 << 20;
  private static final int TAKEN_EVENTS = 200;
  private static final long TAKEN_BYTES = 1 << 20;

  private final EventPattern pattern;
  private final EventFilter filter;
  private final Deque<Accepted> ring = new ArrayDeque<>();
  private long bytes;
  private long dropped;

  /** Watches these names, and of them the events that pass. */
  public Watcher(EventPattern pattern, EventFilter filter) {
    this.pattern = pattern;
    this.filter = filter;
  }

  /**
   * Takes an event if it is meant.
   *
   * @param view of its payload, asked only when there is a filter
   * @return whether it was taken
   */
  public boolean offer(Accepted accepted, Supplier<Optional<JsonView>> view) {
    if (!pattern.matches(accepted.event().name())
        || !(filter.passesAll() || view.get().map(filter::test).orElse(false))) {
      return false;
    }
    ring.add(accepted);
    bytes += bytes(accepted);
    while (ring.size() > EVENTS || (bytes > BYTES && ring.size() > 1)) {
      bytes -= bytes(ring.remove());
      dropped++;
    }
    return true;
  }

  /** Takes out the oldest, as many as go into one answer. */
  public List<Accepted> take() {
    List<Accepted> taken = new ArrayList<>();
    long size = 0;
    for (Accepted next = ring.peek();
        next != null && taken.size() < TAKEN_EVENTS && (taken.isEmpty() || size < TAKEN_BYTES);
        next = ring.peek()) {
      taken.add(ring.remove());
      size += bytes(next);
      bytes -= bytes(next);
    }
    return taken;
  }

  /** How many were left out since the last time that this was asked. */
  public long takeDropped() {
    long count = dropped;
    dropped = 0;
    return count;
  }

  public boolean isEmpty() {
    return ring.isEmpty();
  }

  private static long bytes(Accepted accepted) {
    return 512L + accepted.event().payload().length + accepted.event().payloadJson().length;
  }
}
