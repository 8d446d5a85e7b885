package io.trestle.events.core;

import java.util.UUID;

/**
 * The last ids that were taken or answered, so that a fresh event need not be looked up. It answers
 * one question: can this id have been used before? "No" must be right for every client whose clock
 * is: such an id is younger than everything that was forgotten, and is not among what is
 * remembered. For the others the primary key of the log has the last word; it makes the write fail,
 * and the event is looked up then.
 *
 * <p>A ring of the last {@code capacity} ids, with an open-addressing table over it: 24 bytes an
 * id, no object.
 */
public final class RecentIds {
  private final long[] high;
  private final long[] low;
  private final int[] table;
  private final int mask;
  private int next;
  private int size;
  private long horizon;

  /**
   * Remembers this many.
   *
   * @param capacity a power of two
   * @param horizon Unix milliseconds: ids of that time and before may have been used already
   */
  public RecentIds(int capacity, long horizon) {
    if (Integer.bitCount(capacity) != 1) {
      throw new IllegalArgumentException("capacity: " + capacity + " (expected: a power of two)");
    }
    this.high = new long[capacity];
    this.low = new long[capacity];
    this.table = new int[capacity * 2];
    this.mask = capacity * 2 - 1;
    this.horizon = horizon;
  }

  /** Milliseconds in a UUIDv7; of any other kind of UUID something that is never new. */
  public static long millis(UUID id) {
    return id.version() == 7 ? id.getMostSignificantBits() >>> 16 : 0;
  }

  /** Whether the id can have been used before. */
  public boolean maybeUsed(UUID id) {
    return millis(id) <= horizon || find(id.getMostSignificantBits(), id.getLeastSignificantBits());
  }

  /**
   * Remembers an id; what falls out raises the horizon, unless it has no time or one that cannot
   * be: those are left to the primary key.
   *
   * @param soon Unix milliseconds that no honest clock shows yet
   */
  public void add(UUID id, long soon) {
    long h = id.getMostSignificantBits();
    long l = id.getLeastSignificantBits();
    if (find(h, l)) {
      return;
    }
    if (size == high.length) {
      long oldest = millis(new UUID(high[next], low[next]));
      horizon = oldest < soon ? Math.max(horizon, oldest) : horizon;
      remove(high[next], low[next]);
    } else {
      size++;
    }
    high[next] = h;
    low[next] = l;
    insert(next);
    next = (next + 1) & (high.length - 1);
  }

  private boolean find(long h, long l) {
    for (int slot = slot(h, l); table[slot] != 0; slot = (slot + 1) & mask) {
      int at = table[slot] - 1;
      if (high[at] == h && low[at] == l) {
        return true;
      }
    }
    return false;
  }

  private void insert(int at) {
    int slot = slot(high[at], low[at]);
    while (table[slot] != 0) {
      slot = (slot + 1) & mask;
    }
    table[slot] = at + 1;
  }

  /** Closes the gap, so that no search ends too early. */
  private void remove(long h, long l) {
    int slot = slot(h, l);
    while (high[table[slot] - 1] != h || low[table[slot] - 1] != l) {
      slot = (slot + 1) & mask;
    }
    int gap = slot;
    for (int s = (slot + 1) & mask; table[s] != 0; s = (s + 1) & mask) {
      int home = slot(high[table[s] - 1], low[table[s] - 1]);
      if (((s - home) & mask) >= ((s - gap) & mask)) {
        table[gap] = table[s];
        gap = s;
      }
    }
    table[gap] = 0;
  }

  private int slot(long h, long l) {
    long mixed = (h ^ (l * 0x9E3779B97F4A7C15L)) * 0xBF58476D1CE4E5B9L;
    return (int) (mixed >>> 32) & mask;
  }
}
