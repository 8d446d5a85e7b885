package io.trestle.events.core;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A stream of an instance: its slots, and what waits for one of them. */
final class Outlet<E> {
  final long stream;
  final UUID instance;
  final long hash;
  final Window window;

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

  /** Whether it gets only what it asks for, and lets go of what it did not answer in time. */
  final boolean pulled;

  /** How many hand-outs a pulled one still asks for. */
  private int wanted;

  /** Slots that are taken by deliveries whose event is being brought. */
  private int reserved;

  /** Whether it is already noted as having a slot to fill. */
  boolean noted;

  /** The instance while it may take something; null otherwise. */
  @Nullable Instance member;

  private int turn;

  /** Of its window, when it took a slot the last time. */
  long lastTurn;

  Outlet(long stream, UUID instance, Window window, boolean pulled) {
    this.pulled = pulled;
    this.stream = stream;
    this.instance = instance;
    this.hash = Choice.hash(instance);
    this.window = window;
    window.join(this);
  }

  boolean hasFree() {
    return window.hasFree() && (!pulled || reserved < wanted);
  }

  /** Whether it is being brought more than it asks for, or more than it has slots for. */
  boolean overdone() {
    return pulled && (reserved > wanted || (reserved > 0 && window.isOver()));
  }

  /** From now on it has so many slots and asks for so many hand-outs. */
  void demand(int slots, int newWanted) {
    window.resize(slots);
    wanted = newWanted;
    tell();
  }

  /** What was reserved is handed out. */
  void sent() {
    reserved--;
    wanted--;
  }

  /** Share of its slots that is taken. */
  float load() {
    return (float) leases.size() / window.slots();
  }

  Lease<E> take(Entry<E> entry) {
    Lease<E> lease = new Lease<>(entry, this);
    reserved++;
    window.take(this, lease.bytes);
    if (pulled) {
      tell();
    }
    return lease;
  }

  void release(Lease<E> lease) {
    leases.remove(lease);
    if (lease.state == Lease.State.RESERVED) {
      reserved--;
    }
    window.release(lease.bytes);
    if (pulled) {
      tell();
    }
  }

  /** Its pools hear whether it has a free slot. */
  void tell() {
    for (int i = 0; i < pools.size(); i++) {
      if (hasFree()) {
        pools.get(i).vacant(numbers.get(i));
      } else {
        pools.get(i).full(numbers.get(i));
      }
    }
  }

  /** Whether something waits for a slot of it. */
  boolean wants() {
    return member != null && (!keyed.isEmpty() || pools.stream().anyMatch(Pool::hasWaiting));
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
