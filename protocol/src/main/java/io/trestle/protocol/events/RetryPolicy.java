package io.trestle.protocol.events;

import java.util.Map;
import java.util.Set;

/**
 * How often a delivery is tried and how long it waits in between, as a subscription may say (events
 * 12.2): the wait after attempt n is {@code min(baseDelayMillis × factor^(n-1), maxDelayMillis)},
 * give or take a share of it.
 *
 * @param maxAttempts in total, 1 to 100
 * @param baseDelayMillis wait after the first attempt, 0 to a day
 * @param factor growth of the wait, 1 to 100
 * @param maxDelayMillis bound of the wait, 0 to a day
 * @param jitter the share, 0 to 1
 */
public record RetryPolicy(
    int maxAttempts, long baseDelayMillis, double factor, long maxDelayMillis, double jitter) {
  /** What a text that leaves a key out means by it. */
  public static final RetryPolicy DEFAULT = new RetryPolicy(3, 1_000, 2, 60_000, 0.2);

  private static final int MAX_TEXT = 1_024;
  private static final long DAY_MILLIS = 86_400_000;
  private static final Set<String> KEYS =
      Set.of("maxAttempts", "baseDelayMs", "factor", "maxDelayMs", "jitter");

  /**
   * Reads the JSON object of a subscription.
   *
   * @throws IllegalArgumentException if it is not one, with the key, its value and what was
   *     expected
   */
  public static RetryPolicy parse(String text) {
    Map<?, ?> object = object(text);
    for (Object key : object.keySet()) {
      if (!KEYS.contains(key)) {
        throw fault(key, "unknown (expected: maxAttempts, baseDelayMs, factor, maxDelayMs, jitter");
      }
    }
    return new RetryPolicy(
        (int) whole(object, "maxAttempts", DEFAULT.maxAttempts, 1, 100),
        whole(object, "baseDelayMs", DEFAULT.baseDelayMillis, 0, DAY_MILLIS),
        number(object, "factor", DEFAULT.factor, 1, 100),
        whole(object, "maxDelayMs", DEFAULT.maxDelayMillis, 0, DAY_MILLIS),
        number(object, "jitter", DEFAULT.jitter, 0, 1));
  }

  /**
   * The wait after an attempt, without jitter, in milliseconds.
   *
   * @param attempt 1 = the first
   */
  public long delayMillis(int attempt) {
    double grown = (double) baseDelayMillis * Math.pow(factor, attempt - 1.0);
    return grown < (double) maxDelayMillis ? (long) grown : maxDelayMillis;
  }

  private static Map<?, ?> object(String text) {
    if (text.length() > MAX_TEXT) {
      throw new IllegalArgumentException(
          "retry policy: " + text.length() + " characters (expected: at most " + MAX_TEXT + ")");
    }
    try {
      if (Json.parseStrictly(text) instanceof Map<?, ?> object) {
        return object;
      }
    } catch (Json.Malformed e) {
      throw new IllegalArgumentException("retry policy: not JSON: " + e.reason(), e);
    }
    throw new IllegalArgumentException("retry policy: not a JSON object");
  }

  private static long whole(Map<?, ?> object, String key, long absent, long min, long max) {
    Object value = object.get(key);
    if (value == null) {
      return absent;
    }
    if (value instanceof Long number && number >= min && number <= max) {
      return number;
    }
    throw fault(key, value + " (expected: a whole number from " + min + " to " + max);
  }

  private static double number(Map<?, ?> object, String key, double absent, int min, int max) {
    Object value = object.get(key);
    if (value == null) {
      return absent;
    }
    if (value instanceof Number number
        && number.doubleValue() >= min
        && number.doubleValue() <= max) {
      return number.doubleValue();
    }
    throw fault(key, value + " (expected: a number from " + min + " to " + max);
  }

  private static IllegalArgumentException fault(Object key, String problem) {
    String text = "retry policy: " + Segments.quote(String.valueOf(key)) + ": " + problem + ')';
    return new IllegalArgumentException(text);
  }
}
