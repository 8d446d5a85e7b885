package io.trestle.sdk.internal.outbox.core;

/**
 * Where the walk over the lanes is. Tables show a window of lanes at a time; the walk goes on where
 * it ended last time, so a lane is looked at in every round however many there are, and a claim
 * that finds nothing has looked at all of them once.
 */
public final class LaneCursor {
  /** Lanes in a window. */
  public static final int WINDOW = 200;

  private String after = "";
  private boolean fromStart = true;

  /** A claim begins. */
  public void begin() {
    fromStart = after.isEmpty();
  }

  /** The next window has the lanes after this one; empty for the first. */
  public String after() {
    return after;
  }

  /**
   * A window was looked at.
   *
   * @param lanes how many it had
   * @param last the last of them
   * @return whether there is more to look at in this claim
   */
  public boolean advance(int lanes, String last) {
    if (lanes >= WINDOW) {
      after = last;
      return true;
    }
    boolean more = !fromStart;
    after = "";
    fromStart = true;
    return more;
  }
}
