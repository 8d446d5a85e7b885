package io.trestle.sdk.internal.outbox.core;

/**
 * When a relay looks at its table again. Pure: told what happened and what time it is.
 *
 * <p>After rows were sent it looks at once. After it found none it waits: for ever if nothing is
 * pending and nobody else writes the table; until the first row is due; at most for the poll pause,
 * where rows may appear without a word. That pause starts at 20 ms and doubles to 1 s, and starts
 * anew with every publish: a transaction that publishes is then noticed, after its commit, within
 * about as much time as it took, without a query more than one a second when nothing happens.
 *
 * <p>After a request without answer, or a database that fails, it waits by the ladder of events.md
 * 3.1: publishes do not end that pause, a new session does.
 *
 * <p>Times are milliseconds of a clock that is never set.
 */
public final class RelayPlan {
  /** When nothing is to be done. */
  public static final long NEVER = Long.MAX_VALUE;

  static final long MIN_POLL = 20;
  static final long MAX_POLL = 1000;

  private static final long[] LADDER = {100, 250, 500, 1000, 2000, 5000};

  private final boolean polling;
  private long next;
  private long poll = MIN_POLL;
  private int rung;
  private boolean failing;
  private boolean stopping;
  private boolean news; // since the look began

  /**
   * A plan whose first look is now.
   *
   * @param polling whether rows may appear without a word
   */
  public RelayPlan(boolean polling, long now) {
    this.polling = polling;
    this.next = now;
  }

  /** When to look. */
  public long next() {
    return next;
  }

  /** A look begins; who says from now on that there may be rows, may be speaking of later ones. */
  public void looking() {
    news = false;
  }

  /** Rows were sent and answered. */
  public void sent(long now) {
    next = now;
    poll = MIN_POLL;
    rung = 0;
    failing = false;
  }

  /**
   * There was nothing to send.
   *
   * @param dueIn when the first row will be due; 0 for rows that somebody else has or that wait for
   *     others; {@link #NEVER} if nothing is pending
   */
  public void nothing(long now, long dueIn) {
    failing = false;
    rung = 0;
    long wait = dueIn <= 0 ? poll : dueIn;
    if (polling) {
      wait = Math.min(wait, poll);
    }
    if (news) {
      wait = 0; // it may have looked too early to see them
    }
    next = wait == NEVER ? NEVER : now + wait;
    poll = Math.min(2 * poll, MAX_POLL);
  }

  /** There was no answer, or the database failed. */
  public void failed(long now) {
    next = now + (stopping ? LADDER[0] : LADDER[rung]);
    rung = Math.min(rung + 1, LADDER.length - 1);
    failing = true;
  }

  /** Whether the last failure was the first after a success. */
  public boolean firstFailure() {
    return failing && rung == 1;
  }

  /** There may be rows. */
  public void woken(long now) {
    news = true;
    poll = MIN_POLL;
    if (!failing) {
      next = now;
    }
  }

  /** There will be rows soon: a transaction has written some. */
  public void expecting(long now) {
    poll = MIN_POLL;
    if (!failing) {
      next = Math.min(next, now + MIN_POLL);
    }
  }

  /** A session has begun. */
  public void connected(long now) {
    failing = false;
    rung = 0;
    woken(now);
  }

  /** Nothing new comes: pauses are short from now on. */
  public void stopping(long now) {
    stopping = true;
    next = failing ? Math.min(next, now + LADDER[0]) : now;
  }
}
