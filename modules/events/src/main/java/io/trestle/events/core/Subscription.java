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
 */
public record Subscription(int number, String pattern, String filter, @Nullable RetryPolicy retry) {
  /** One with the retries of the house. */
  public Subscription(int number, String pattern, String filter) {
    this(number, pattern, filter, null);
  }
}
