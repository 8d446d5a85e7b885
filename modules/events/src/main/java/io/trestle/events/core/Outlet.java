package io.trestle.events.core;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A stream of an instance: its slots, and what waits for one of them.
 *
 * <p>However many slots are free, it takes nothing more while {@link #BYTES} of events are
 * unanswered: who declares many slots and reads slowly must not hold them all in memory. The event
 * that crosses the line still goes, so that a large one never waits for ever behind small ones.
 */
final class Outlet<E> {
  /** Unanswered events of one stream at which it takes no more. */
  static final long BYTES = 16L << 20;

  final long stream;
  final UUID instance;
  final long hash;
  final int slots;

  /** All that hold a slot. */
  final Chain<Lease<E>> leases = new Chain<>(Lease.HOLDER);

  /** By token, those of them whose time is over. */
  final LongMap<Lease<E>> expired = new LongMap<>();

  /** Heads of lanes that go nowhere else. */
  final Chain<Entry<E>> keyed = new Chain<>(Entry.READY);

  /** Where it takes unkeyed deliveries from, and its number there. */
  private final List<Pool<E>> pools = new ArrayList<>(2);

  private final List<Integer> numbers = new ArrayList<>(2);

  boolean quiesced;

  /** Whether it is already noted as having a slot to fill. */
  boolean noted;

  /** The instance while it may take something; null otherwise. */
  @Nullable Instance member;

  private int turn;

  /** Of the events that hold a slot. */
  private long bytes;

  Outlet(long stream, UUID instance, int slots) {
    this.stream = stream;
    this.instance = instance;
    this.hash = Choice.hash(instance);
    this.slots = slots;
  }

  boolean hasFree() {
    return leases.size() < slots && bytes < BYTES;
  }

  /** Share of its slots that is taken. */
  float load() {
    return (float) leases.size() / slots;
  }

  Lease<E> take(Entry<E> entry) {
    Lease<E> lease = new Lease<>(entry, this);
    bytes += lease.bytes;
    if (!hasFree()) {
      for (int i = 0; i < pools.size(); i++) {
        pools.get(i).full(numbers.get(i));
      }
    }
    return lease;
  }

  void release(Lease<E> lease) {
    boolean wasFull = !hasFree();
    leases.remove(lease);
    bytes -= lease.bytes;
    if (wasFull && hasFree()) {
      for (int i = 0; i < pools.size(); i++) {
        pools.get(i).vacant(numbers.get(i));
      }
    }
  }

  void join(Pool<E> pool, int number) {
    pools.add(pool);
    numbers.add(number);
  }

  void leaveAll() {
    pools.clear();
    numbers.clear();
  }

  /** What it should take next: heads of lanes and unkeyed ones take turns, so do its pools. */
  @Nullable Entry<E> next() {
    turn++;
    Entry<E> entry = (turn & 1) == 0 ? keyed.poll() : unkeyed();
    if (entry != null) {
      return entry;
    }
    return (turn & 1) == 0 ? unkeyed() : keyed.poll();
  }

  private @Nullable Entry<E> unkeyed() {
    int count = pools.size();
    for (int i = 0; i < count; i++) {
      Entry<E> entry = pools.get((turn / 2 + i) % count).poll();
      if (entry != null) {
        return entry;
      }
    }
    return null;
  }
}
