package io.trestle.events.core;

/**
 * Says when a consumer comes near its limit of pending deliveries (events.md 8.1.3): once at 80 %,
 * and again only after it was below 60 %, so that one that stays about there does not fill the log.
 */
public final class PendingAlarm {
  private static final double RAISED_FROM = 0.8;
  private static final double CLEARED_BELOW = 0.6;

  private boolean raised;

  /** What has happened now. */
  public enum Change {
    NONE,
    RAISED,
    CLEARED
  }

  /** Share of the limit that is used; 0 while there is no limit. */
  public static double share(long pending, long limit) {
    return limit <= 0 ? 0 : (double) pending / limit;
  }

  /** Takes the count as it is now; a limit of 0 is none. */
  public Change update(long pending, long limit) {
    double share = share(pending, limit);
    if (!raised && share >= RAISED_FROM) {
      raised = true;
      return Change.RAISED;
    }
    if (raised && share < CLEARED_BELOW) {
      raised = false;
      return Change.CLEARED;
    }
    return Change.NONE;
  }
}
