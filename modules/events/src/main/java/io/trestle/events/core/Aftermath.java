package io.trestle.events.core;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * What a crash of the runtime leaves of lanes (events.md 8.2.1). The handlers of instances go on
 * when the runtime dies, so a keyed delivery that was out must not go out again beside them: it
 * waits until its holder is back (an SDK that opens a new stream has given up what the old one
 * brought), or until its lease is over.
 *
 * <p>Who held what is stored together with the progress, that is some time after the hand-out. What
 * went out after the last time is not known; but it can only be the head of a lane, and only an
 * instance that had a stream then can hold it. So the first delivery of each lane that is not known
 * to be held waits until <em>all</em> these instances are back. After an orderly end there are
 * none.
 */
public final class Aftermath {
  private final long head;
  private final long until;
  private final Map<Long, UUID> held;
  private final Set<UUID> missing;
  private final Set<String> lanes = new HashSet<>();
  private final Map<UUID, List<Long>> waiting = new HashMap<>();
  private final List<Long> waitingForAll = new ArrayList<>();

  /**
   * As it was stored.
   *
   * @param head last position that can have been handed out
   * @param until Unix milliseconds at which every lease is over
   * @param held holders of keyed positions
   * @param streams instances that had a stream
   */
  public Aftermath(long head, long until, Map<Long, UUID> held, Set<UUID> streams) {
    this.head = head;
    this.until = until;
    this.held = Map.copyOf(held);
    this.missing = new HashSet<>(streams);
    this.missing.addAll(held.values());
  }

  /** Nothing was out. */
  public static Aftermath none() {
    return new Aftermath(0, 0, Map.of(), Set.of());
  }

  /**
   * Until when a delivery that is offered waits; 0 for one that need not.
   *
   * @param dueAt when its next attempt is due by itself. Nobody holds one that is not due yet: it
   *     failed after whatever else is known of it, so it waits for its time and for nobody
   */
  public long waits(long position, String lane, long dueAt, long now) {
    if (lane.isEmpty() || position > head || now >= until || missing.isEmpty()) {
      return 0;
    }
    UUID holder = held.get(position);
    boolean first = lanes.add(lane);
    if (dueAt > now) {
      return 0;
    }
    if (holder != null) {
      return waitsFor(holder, position);
    }
    if (!first) {
      return 0;
    }
    waitingForAll.add(position);
    return until;
  }

  private long waitsFor(UUID holder, long position) {
    if (!missing.contains(holder)) {
      return 0;
    }
    waiting.computeIfAbsent(holder, h -> new ArrayList<>()).add(position);
    return until;
  }

  /** An instance has a stream again: these positions need not wait any longer. */
  public List<Long> back(UUID instance) {
    if (!missing.remove(instance)) {
      return List.of();
    }
    List<Long> free = waiting.remove(instance);
    List<Long> all = new ArrayList<>(free == null ? List.of() : free);
    if (missing.isEmpty()) {
      all.addAll(waitingForAll);
      waitingForAll.clear();
      lanes.clear();
    }
    return all;
  }
}
