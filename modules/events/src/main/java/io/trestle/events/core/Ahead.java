package io.trestle.events.core;

import java.util.List;

/**
 * What of a consumer is finished above the position up to which it has read, while it is behind:
 * deliveries that were finished before a restart, and those that were too many from the start.
 *
 * <p>It hears of every delivery of the consumer in the order of the log. So what lies between two
 * of them does not concern it and counts as finished too: a delivery that is too much takes all
 * that is behind the last open one with it. Else a consumer over its limit would have a range for
 * each of millions of dead letters, as soon as events of others are in between; now it has at most
 * one for each that is open. Not thread-safe.
 */
public final class Ahead {
  private final Positions finished;
  private long lastOpen;

  /**
   * As stored.
   *
   * @param head the end of the log: up to here it was not told of any
   */
  public Ahead(Positions finished, long head) {
    this.finished = finished;
    this.lastOpen = head;
  }

  /** Everything up to the end of the log was read. */
  public static Ahead none(long head) {
    return new Ahead(new Positions(head), head);
  }

  /** The next delivery is open. */
  public void open(long position) {
    lastOpen = position;
  }

  /** The next delivery is finished already. */
  public void skip(long position) {
    finished.addRange(lastOpen + 1, position + 1);
  }

  /** A delivery from before the start is finished; whether that is news. */
  public boolean finish(long position) {
    boolean news = !finished.contains(position);
    if (news) {
      finished.add(position);
    }
    return news;
  }

  /** Whether it is finished. */
  public boolean contains(long position) {
    return finished.contains(position);
  }

  /** Ascending, with a gap before each. */
  public List<Positions.Range> ranges() {
    return finished.ranges();
  }
}
