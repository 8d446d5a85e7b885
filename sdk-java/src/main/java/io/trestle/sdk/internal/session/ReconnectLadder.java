package io.trestle.sdk.internal.session;

import java.time.Duration;
import java.util.List;

/**
 * The pauses between attempts: one rung after the other, the last one again and again, each varied
 * by 20 % so that a fleet does not come back in one moment (wire.md 4.5).
 *
 * @param rungs at least one
 */
public record ReconnectLadder(List<Duration> rungs) {
  /** 1, 5, 15, 30, 60 s. */
  public static final ReconnectLadder DEFAULT =
      new ReconnectLadder(
          List.of(
              Duration.ofSeconds(1),
              Duration.ofSeconds(5),
              Duration.ofSeconds(15),
              Duration.ofSeconds(30),
              Duration.ofSeconds(60)));

  private static final double JITTER = 0.2;

  /** Copies the list. */
  public ReconnectLadder {
    rungs = List.copyOf(rungs);
    if (rungs.isEmpty()) {
      throw new IllegalArgumentException("reconnectLadder: empty (expected: one pause or more)");
    }
  }

  /**
   * A pause.
   *
   * @param attempt the number of the attempt it precedes, from 1
   * @param random 0 to 1
   */
  public Duration pause(int attempt, double random) {
    long nanos = rungs.get(Math.min(attempt, rungs.size()) - 1).toNanos();
    return Duration.ofNanos((long) ((double) nanos * (1 - JITTER + 2 * JITTER * random)));
  }
}
