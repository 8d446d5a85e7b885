package io.trestle.sdk.internal.pki;

import java.time.Duration;
import java.time.Instant;

/**
 * When a leaf is renewed (wire.md 4.6, 9).
 *
 * @param lead how long before its end; also what a leaf must have left to be used for a new session
 * @param jitter bound of a random part that spreads the renewals of a fleet
 * @param minimum least pause
 * @param retry pause after a failure
 */
public record RenewalTimes(Duration lead, Duration jitter, Duration minimum, Duration retry) {

  /** 30 min, 5 min, 5 s, 60 s. */
  public static final RenewalTimes DEFAULT =
      new RenewalTimes(
          Duration.ofMinutes(30),
          Duration.ofMinutes(5),
          Duration.ofSeconds(5),
          Duration.ofSeconds(60));

  /**
   * The pause before the renewal of a leaf.
   *
   * @param random 0 to 1
   */
  public Duration delay(Instant notAfter, Instant now, double random) {
    Duration spread = Duration.ofMillis((long) ((double) jitter.toMillis() * random));
    Duration delay = Duration.between(now, notAfter).minus(lead).minus(spread);
    return delay.compareTo(minimum) < 0 ? minimum : delay;
  }
}
