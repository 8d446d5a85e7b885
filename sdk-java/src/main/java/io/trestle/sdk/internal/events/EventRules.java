package io.trestle.sdk.internal.events;

import io.trestle.sdk.OverflowPolicy;
import java.time.Duration;

/**
 * The numbers of events.
 *
 * @param timeout how long a publish waits for its acknowledgement
 * @param maxPending how many may wait
 * @param overflow what happens beyond that
 * @param maxInFlight how many deliveries this instance handles at once
 */
public record EventRules(
    Duration timeout, int maxPending, OverflowPolicy overflow, int maxInFlight) {
  /** 30 s, 10 000, {@code ERROR}, 32. */
  public static final EventRules DEFAULT =
      new EventRules(Duration.ofSeconds(30), 10_000, OverflowPolicy.ERROR, 32);

  /** What may be asked to wait: a million. */
  public static final int MOST_PENDING = 1_000_000;

  /** The same with another timeout. */
  public EventRules withTimeout(Duration value) {
    return new EventRules(value, maxPending, overflow, maxInFlight);
  }

  /** The same with another number of events that may wait. */
  public EventRules withMaxPending(int value) {
    return new EventRules(timeout, value, overflow, maxInFlight);
  }

  /** The same with another policy. */
  public EventRules withOverflow(OverflowPolicy value) {
    return new EventRules(timeout, maxPending, value, maxInFlight);
  }

  /** The same with another number of deliveries. */
  public EventRules withMaxInFlight(int value) {
    return new EventRules(timeout, maxPending, overflow, value);
  }
}
