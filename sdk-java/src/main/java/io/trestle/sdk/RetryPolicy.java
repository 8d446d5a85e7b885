package io.trestle.sdk;

import java.time.Duration;

/**
 * How often and how fast a call is tried again. Only an attempt that provably reached no handler is
 * followed by another one (rpc.md 4.1).
 *
 * @param maxAttempts attempts in total, 1 or more
 * @param baseDelay pause before the second attempt
 * @param factor growth of the pause from one attempt to the next, 1 or more
 * @param maxDelay bound of the pause, before jitter
 * @param jitter part of the pause that is random, 0 to 1: the pause is multiplied by a number
 *     between 1 - jitter and 1 + jitter
 */
public record RetryPolicy(
    int maxAttempts, Duration baseDelay, double factor, Duration maxDelay, double jitter) {

  /** 3 attempts, 200 ms doubling up to 5 s, 30 % jitter. */
  public static final RetryPolicy DEFAULT =
      new RetryPolicy(3, Duration.ofMillis(200), 2, Duration.ofSeconds(5), 0.3);

  /** One attempt. */
  public static final RetryPolicy NONE = DEFAULT.withMaxAttempts(1);

  /**
   * Checks the bounds.
   *
   * @throws ConfigurationException naming the value that is out of bounds
   */
  public RetryPolicy {
    check(maxAttempts >= 1, "maxAttempts", maxAttempts, "1 or more");
    check(!baseDelay.isNegative(), "baseDelay", baseDelay, "0 or more");
    check(factor >= 1 && Double.isFinite(factor), "factor", factor, "1 or more");
    check(!maxDelay.isNegative(), "maxDelay", maxDelay, "0 or more");
    check(jitter >= 0 && jitter <= 1, "jitter", jitter, "0 to 1");
  }

  /** The same with another number of attempts. */
  public RetryPolicy withMaxAttempts(int attempts) {
    return new RetryPolicy(attempts, baseDelay, factor, maxDelay, jitter);
  }

  private static void check(boolean good, String name, Object value, String expected) {
    if (!good) {
      throw new ConfigurationException(name + ": " + value + " (expected: " + expected + ")");
    }
  }
}
