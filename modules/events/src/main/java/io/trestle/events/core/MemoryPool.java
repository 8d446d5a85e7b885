package io.trestle.events.core;

import java.util.ArrayList;
import java.util.List;

/**
 * The memory that all consumers of a runtime share for events that wait.
 *
 * <p>Each may take more as long as it holds less than what nobody holds. So one consumer alone gets
 * up to half, n that are all behind get the n+1st part each, and there is always a part left for
 * one that comes later. Nobody has to know how many others there are, and who needs little costs
 * the others little. What somebody holds already is never taken away: a share that is too large by
 * now grows smaller as its deliveries end.
 *
 * <p>Who finds no room is told when there is some again: nothing else may happen to it meanwhile.
 *
 * <p>Rejected: equal parts (what idle consumers do not use is lost), and first come first served (a
 * few that nobody answers would shut out all others for good).
 *
 * <p>Thread: that of the dispatchers.
 */
public final class MemoryPool {
  private final long total;
  private long used;
  private final List<Share> waiting = new ArrayList<>();

  /** A pool of so many bytes. */
  public MemoryPool(long total) {
    if (total < 1) {
      throw new IllegalArgumentException("total: " + total + " (expected: 1 or more)");
    }
    this.total = total;
  }

  /** What all may hold. */
  public long total() {
    return total;
  }

  /** What all hold. It may be more than the total by what was not known when it was taken. */
  public long used() {
    return used;
  }

  /** What nobody holds. */
  public long free() {
    return Math.max(0, total - used);
  }

  /** Consumers that were refused and not told yet. */
  public int waiting() {
    return waiting.size();
  }

  /**
   * Another part, of nothing yet.
   *
   * @param vacant called once after a refusal, when there is room again; must not call back
   */
  public Share join(Runnable vacant) {
    return new Share(vacant);
  }

  /** What one of them holds. */
  public final class Share {
    private final Runnable vacant;
    private long own;
    private boolean waits;

    private Share(Runnable vacant) {
      this.vacant = vacant;
    }

    /** Holds more, or less. */
    public void add(long bytes) {
      own += bytes;
      used += bytes;
      if (bytes < 0 && !waiting.isEmpty()) {
        tell();
      }
    }

    /** What it holds. */
    public long own() {
      return own;
    }

    /** How much more it may take now; who gets 0 is told later. */
    public long room() {
      long room = left();
      if (room == 0 && !waits) {
        waits = true;
        waiting.add(this);
      }
      return room;
    }

    /** Whether it has taken half of what it may have, or more. */
    boolean isTight() {
      return own >= free() / 2;
    }

    private long left() {
      return Math.max(0, free() - own);
    }
  }

  private void tell() {
    List<Share> told = new ArrayList<>(0);
    for (Share share : waiting) {
      if (share.left() > 0) {
        share.waits = false;
        told.add(share);
      }
    }
    waiting.removeAll(told);
    told.forEach(share -> share.vacant.run());
  }
}
