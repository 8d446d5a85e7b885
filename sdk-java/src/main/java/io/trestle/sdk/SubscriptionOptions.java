package io.trestle.sdk;

import io.trestle.sdk.internal.events.FilterJson;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How the events of one pattern are wanted (events.md 9, 12.2). Retry policy, group and time to
 * live work with the Trestle runtime; others ignore them.
 *
 * @param filter a condition on the JSON view of the payload, such as {@code {"$.currency":"EUR"}};
 *     empty for none
 * @param concurrency how many events of this pattern are handled at once, within {@link
 *     ServiceBridgeBuilder#eventsMaxInFlight}; 0 for no bound of its own
 * @param retryPolicy attempts and pauses; null for those of the runtime. The runtime takes 1 to 100
 *     attempts, pauses of at most 24 h and a factor of at most 100
 * @param group patterns of different groups get a delivery each for the same event; empty for the
 *     group of the service
 * @param ttl how long a delivery waits while no instance lives, before it becomes a dead letter;
 *     null for the time of the runtime; 1 ms to 10 years
 */
public record SubscriptionOptions(
    String filter,
    int concurrency,
    @Nullable RetryPolicy retryPolicy,
    String group,
    @Nullable Duration ttl) {

  /** Nothing set. */
  public static final SubscriptionOptions DEFAULT = new SubscriptionOptions("", 0, null, "", null);

  /**
   * Checks the bounds; the filter is checked when it is used.
   *
   * @throws ConfigurationException if the concurrency is negative, or the time to live less than 1
   *     ms
   */
  public SubscriptionOptions {
    if (concurrency < 0) {
      throw new ConfigurationException("concurrency: " + concurrency + " (expected: 0 or more)");
    }
    if (ttl != null && ttl.toMillis() < 1) {
      throw new ConfigurationException("ttl: " + ttl + " (expected: 1 ms or more)");
    }
  }

  /** With a filter, as JSON text. */
  public static SubscriptionOptions filtered(String filter) {
    return DEFAULT.withFilter(filter);
  }

  /** With a filter; see {@link #withFilter(Map)}. */
  public static SubscriptionOptions filtered(Map<String, ?> filter) {
    return DEFAULT.withFilter(filter);
  }

  /** The same with another filter, as JSON text. */
  public SubscriptionOptions withFilter(String value) {
    return new SubscriptionOptions(value, concurrency, retryPolicy, group, ttl);
  }

  /**
   * The same with another filter: paths and what they must hold. Values are texts, numbers,
   * booleans, null, and lists and maps of these.
   *
   * @throws ValidationException if a value is anything else
   */
  public SubscriptionOptions withFilter(Map<String, ?> value) {
    return withFilter(FilterJson.text(value));
  }

  /** The same with another concurrency. */
  public SubscriptionOptions withConcurrency(int value) {
    return new SubscriptionOptions(filter, value, retryPolicy, group, ttl);
  }

  /** The same with another retry policy. */
  public SubscriptionOptions withRetryPolicy(RetryPolicy value) {
    return new SubscriptionOptions(filter, concurrency, value, group, ttl);
  }

  /** The same in another group. */
  public SubscriptionOptions withGroup(String value) {
    return new SubscriptionOptions(filter, concurrency, retryPolicy, value, ttl);
  }

  /** The same with another time to live. */
  public SubscriptionOptions withTtl(Duration value) {
    return new SubscriptionOptions(filter, concurrency, retryPolicy, group, value);
  }
}
