package io.trestle.events.core;

import org.jspecify.annotations.Nullable;

/**
 * Which events stay in memory, and how much more may come.
 *
 * <p>A delivery is <em>heavy</em> while it is not handed out and either has its event in memory or
 * is unkeyed and ready, so that it will need it soon; also while its dead letter is being stored.
 * At most 4096 heavy ones and 64 MiB of events are wished for, and 100 000 deliveries in all;
 * {@link #room} says what is left of that, or of the {@link MemoryPool} of all consumers if that is
 * less. A light one takes about 200 bytes.
 *
 * <p>What is far from its turn must not use up what others need, or one blocked lane would stop the
 * consumer. So an event is let go of when the delivery is more than 16 behind the head of its lane,
 * or waits 10 s or longer for its next attempt, or nobody of the consumer lives; when half of the
 * memory is used, or of what the pool would give, also anywhere behind the head of a lane, while
 * nobody may take it (<em>parked</em>: no stream of an instance that declares it), and once it is
 * handed out or on its way to the dead letters. A parked one without its event is light. It is
 * brought again when the delivery has got a slot, or comes within 2 of the head of its lane; then
 * also those of the following ones that may be here, so that a long lane is read in pieces and not
 * one by one.
 */
final class Memory<E> {
  static final int HEAVY = 4096;
  static final int ENTRIES = 100_000;
  static final long BYTES = 64L << 20;
  static final int PER_LANE = 16;

  /** What a delivery takes without its event. */
  static final int ENTRY_BYTES = 256;

  private final MemoryPool.Share share;
  private int heavy;
  private int ready;
  private int events;
  private long bytes;

  Memory(MemoryPool.Share share) {
    this.share = share;
  }

  /** Whether it is time to be thrifty. */
  private boolean crowded() {
    return heavy >= HEAVY / 2 || bytes >= BYTES / 2 || share.isTight();
  }

  /** How many behind the head of a lane may have their events here. */
  int perLane() {
    return crowded() ? 0 : PER_LANE;
  }

  /** Deliveries that somebody may take, and that wait for a slot only. */
  int ready() {
    return ready;
  }

  int room(int entries) {
    long average = events == 0 ? 1024 : Math.max(1, bytes / events);
    long most = Math.min(HEAVY - heavy, ENTRIES - entries);
    long room = Math.min(most, (BYTES - bytes + average - 1) / average);
    return room <= 0 ? 0 : (int) Math.min(room, shared(average + ENTRY_BYTES));
  }

  /** What the others leave. */
  private long shared(long size) {
    long room = share.room();
    return room / size + (room % size == 0 ? 0 : 1);
  }

  /** A new delivery with its event, if that may stay. */
  void admit(Entry<E> entry, @Nullable E event, int ahead) {
    share.add(ENTRY_BYTES);
    if (event != null && ahead <= perLane()) {
      keep(entry, event);
    }
  }

  void keep(Entry<E> entry, E event) {
    if (entry.event == null) {
      entry.event = event;
      events++;
      hold(entry.bytes);
    }
    weigh(entry);
  }

  void letGo(Entry<E> entry) {
    if (entry.event != null) {
      entry.event = null;
      events--;
      hold(-entry.bytes);
    }
    weigh(entry);
  }

  /** It is over. */
  void forget(Entry<E> entry) {
    letGo(entry);
    share.add(-ENTRY_BYTES);
  }

  private void hold(int more) {
    bytes += more;
    share.add(more);
  }

  /** It is ready and waits for a slot, or for somebody who may take it. */
  void placed(Entry<E> entry) {
    if (parked(entry) && crowded()) {
      letGo(entry);
    } else {
      weigh(entry);
    }
  }

  /** Its dead letter is to be stored; returns its event if that is still here. */
  @Nullable E burying(Entry<E> entry) {
    if (crowded()) {
      letGo(entry);
    } else {
      weigh(entry);
    }
    return entry.event;
  }

  /** It is with its handler now. */
  void handedOut(Entry<E> entry) {
    weigh(entry);
    if (crowded()) {
      letGo(entry);
    }
  }

  /** Its state has changed. */
  void weigh(Entry<E> entry) {
    boolean now =
        entry.state == Entry.State.BURYING
            || (entry.waits() && (entry.event != null || needsEvent(entry)));
    if (now != entry.heavy) {
      entry.heavy = now;
      heavy += now ? 1 : -1;
    }
    boolean free = entry.state == Entry.State.READY && !parked(entry);
    if (free != entry.ready) {
      entry.ready = free;
      ready += free ? 1 : -1;
    }
  }

  private static boolean needsEvent(Entry<?> entry) {
    return entry.lane == null
        && (entry.state == Entry.State.RESERVED
            || (entry.state == Entry.State.READY && !parked(entry)));
  }

  private static boolean parked(Entry<?> entry) {
    return entry.state == Entry.State.READY
        && (entry.route.parked || entry.queue == entry.route.held);
  }
}
