package io.trestle.events.core;

import io.trestle.protocol.events.RetryPolicy;
import org.jspecify.annotations.Nullable;

/**
 * A pattern with a filter, of one consumer. The number stands for the three for ever: the log keeps
 * it.
 *
 * @param number unique in the house
 * @param pattern verbatim
 * @param filter verbatim; empty passes all
 * @param retry null for the retries of the house
 * @param ttlMillis how long a delivery may wait while no instance lives; 0 for {@link
 *     DispatchRules#offlineMillis()}
 */
public record Subscription(
    int number, String pattern, String filter, @Nullable RetryPolicy retry, long ttlMillis) {
  /** One with the retries and the patience of the house. */
  public Subscription(int number, String pattern, String filter) {
    this(number, pattern, filter, null, 0);
  }

  /** How long a delivery may wait while no instance lives; {@link Long#MAX_VALUE} for ever. */
  public long patience(DispatchRules rules) {
    long millis = ttlMillis > 0 ? ttlMillis : rules.offlineMillis();
    return millis > 0 ? millis : Long.MAX_VALUE;
  }
}
