package io.trestle.events.core;

import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * The retries that a subscription asks for instead of those of the house (events.md 12.2).
 *
 * @param maxAttempts attempts before a dead letter
 * @param baseMillis wait after the first
 * @param factor by which the wait grows with each
 * @param maxMillis longest wait
 * @param jitter share by which a wait is shortened or lengthened at random, 0 to 1
 */
public record RetryRule(
    int maxAttempts, long baseMillis, double factor, long maxMillis, double jitter) {
  /** What applies to keys that are left out. */
  public static final RetryRule DEFAULT = new RetryRule(3, 1_000, 2, 60_000, 0.25);

  /**
   * The rule of a delivery: only when each of its subscriptions has one, and then the fewest
   * attempts and the longest wait.
   */
  static Optional<RetryRule> of(List<Subscription> matched) {
    RetryRule strictest = null;
    for (Subscription subscription : matched) {
      RetryRule rule = subscription.retry();
      if (rule == null) {
        return Optional.empty();
      }
      strictest = strictest == null ? rule : strictest.and(rule);
    }
    return Optional.ofNullable(strictest);
  }

  private RetryRule and(RetryRule other) {
    RetryRule longer = other.baseMillis > baseMillis ? other : this;
    return new RetryRule(
        Math.min(maxAttempts, other.maxAttempts),
        longer.baseMillis,
        Math.max(factor, other.factor),
        Math.max(maxMillis, other.maxMillis),
        longer.jitter);
  }

  /** Milliseconds to wait after so many attempts. */
  long waitAfter(int attempts, RandomGenerator random) {
    double wait = Math.min((double) maxMillis, baseMillis * Math.pow(factor, attempts - 1.0));
    return Math.max(0, Math.round(wait * (1 - jitter + 2 * jitter * random.nextDouble())));
  }
}
