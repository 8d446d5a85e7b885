package io.trestle.events.core;

import java.util.ArrayList;
import java.util.List;

/**
 * What one stream may hold unanswered: a number of deliveries, and {@link #BYTES} of events. It is
 * shared by all consumers (groups) that hand out on the stream, each with its own {@link
 * Dispatcher}: a group with nothing to do leaves its part to the others, and of those that wait the
 * one that holds least goes first, then the one whose turn is longest ago, so nobody starves.
 *
 * <p>However many slots are free, nothing more goes out once the events reach the bound: who
 * declares many slots and reads slowly must not hold them all in memory. The event that crosses the
 * line still goes, so that a large one never waits for ever behind small ones.
 *
 * <p>Thread: that of the dispatchers.
 */
public final class Window {
  /** Unanswered events at which a stream takes no more. */
  static final long BYTES = 16L << 20;

  private int slots;
  private final Runnable vacant;
  private final List<Outlet<?>> outlets = new ArrayList<>(1);
  private long turns;
  private int taken;
  private long bytes;
  private boolean told;
  private boolean quiesced;

  /**
   * Nothing is held.
   *
   * @param slots unanswered deliveries at a time, at least 1
   * @param vacant called when another dispatcher than the one at work may hand out; it must not
   *     call back at once, but soon: {@link #filling}, then {@link Dispatcher#fill} of each until
   *     none takes anything
   */
  public Window(int slots, Runnable vacant) {
    if (slots < 1) {
      throw new IllegalArgumentException("slots: " + slots + " (expected: at least 1)");
    }
    this.slots = slots;
    this.vacant = vacant;
  }

  /** Of one consumer alone. */
  Window(int slots) {
    this(slots, () -> {});
  }

  int slots() {
    return slots;
  }

  /** Whether more is held than there are slots now. */
  boolean isOver() {
    return taken > slots;
  }

  /** From now on it has so many slots; whoever holds more keeps it. */
  void resize(int newSlots) {
    slots = newSlots;
  }

  /** The owner has heard of the vacancy. */
  public void filling() {
    told = false;
  }

  /** Nothing new from now on, from whichever consumer. */
  public void quiesce() {
    quiesced = true;
  }

  public boolean isQuiesced() {
    return quiesced;
  }

  void join(Outlet<?> outlet) {
    outlets.add(outlet);
  }

  boolean hasFree() {
    return taken < slots && bytes < BYTES;
  }

  void take(Outlet<?> outlet, int size) {
    outlet.lastTurn = ++turns;
    taken++;
    bytes += size;
    if (!hasFree()) {
      outlets.forEach(Outlet::tell);
    }
  }

  void release(int size) {
    boolean wasFull = !hasFree();
    taken--;
    bytes -= size;
    if (wasFull && hasFree()) {
      outlets.forEach(Outlet::tell);
    }
  }

  /** Whether another consumer, which holds less, waits for what is free. */
  boolean yields(Outlet<?> outlet) {
    for (int i = 0; i < outlets.size(); i++) {
      Outlet<?> other = outlets.get(i);
      if (other != outlet && goesBefore(other, outlet) && other.wants()) {
        return true;
      }
    }
    return false;
  }

  /** Of two that hold the same, the one whose last turn is longer ago. */
  private static boolean goesBefore(Outlet<?> one, Outlet<?> other) {
    int less = Integer.compare(one.leases.size(), other.leases.size());
    return less == 0 ? one.lastTurn < other.lastTurn : less < 0;
  }

  /** The dispatcher of this outlet is done for now: others may have their turn. */
  void offer(Outlet<?> outlet) {
    for (int i = 0; !told && hasFree() && i < outlets.size(); i++) {
      if (outlets.get(i) != outlet && outlets.get(i).wants()) {
        told = true;
        vacant.run();
      }
    }
  }
}
