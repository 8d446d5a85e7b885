package io.trestle.sdk.internal.outbox.core;

/**
 * Pauses of a row that was sent without a decision: 1, 5, 30, 120, 600 s, the last one for ever,
 * each varied by 25 % (events.md 3.2).
 */
public final class RetryLadder {
  private static final long[] SECONDS = {1, 5, 30, 120, 600};
  private static final double SPREAD = 0.25;

  /** The longest pause that there is, in milliseconds. */
  public static final long LONGEST_MILLIS = 750_000;

  private RetryLadder() {}

  /**
   * The pause after an attempt.
   *
   * @param attempt its number, from 1
   * @param random 0 to 1
   */
  public static long pauseMillis(int attempt, double random) {
    int rung = Math.min(Math.max(attempt, 1), SECONDS.length) - 1;
    return Math.round(SECONDS[rung] * 1000 * (1 - SPREAD + 2 * SPREAD * random));
  }
}
