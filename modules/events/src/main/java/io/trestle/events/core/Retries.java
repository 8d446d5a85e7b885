package io.trestle.events.core;

import io.trestle.protocol.events.RetryPolicy;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** The retries that subscriptions ask for instead of those of the house (events.md 12.2). */
final class Retries {
  private Retries() {}

  /**
   * The policy of a delivery: only when each of its subscriptions has one, and then the fewest
   * attempts and the longest waits.
   */
  static Optional<RetryPolicy> of(List<Subscription> matched) {
    RetryPolicy strictest = null;
    for (Subscription subscription : matched) {
      RetryPolicy policy = subscription.retry();
      if (policy == null) {
        return Optional.empty();
      }
      strictest = strictest == null ? policy : strictest(strictest, policy);
    }
    return Optional.ofNullable(strictest);
  }

  private static RetryPolicy strictest(RetryPolicy one, RetryPolicy other) {
    return new RetryPolicy(
        Math.min(one.maxAttempts(), other.maxAttempts()),
        Math.max(one.baseDelayMillis(), other.baseDelayMillis()),
        Math.max(one.factor(), other.factor()),
        Math.max(one.maxDelayMillis(), other.maxDelayMillis()),
        Math.max(one.jitter(), other.jitter()));
  }

  /** Milliseconds to wait after so many attempts. */
  static long waitAfter(RetryPolicy policy, int attempts, RandomGenerator random) {
    double share = 1 - policy.jitter() + 2 * policy.jitter() * random.nextDouble();
    return Math.round((double) policy.delayMillis(attempts) * share);
  }
}
