package io.trestle.sdk.http;

import java.time.Duration;

/**
 * How a {@link ServiceClient} behaves (tasks.md 18.1). Immutable.
 *
 * @param failures failures in a row that open the circuit, 1 to 1,000; default 5
 * @param openTime how long it stays open after the last failure, more than 0; default 30 s
 * @param requestTimeout from the call to the last byte of the answer, more than 0; default 10 s
 * @param connections requests under way at once, 1 to 1,000; default 20. More wait their turn,
 *     within their timeout. As many connections at most are kept alive, as long as the JDK keeps
 *     them ({@code jdk.httpclient.keepalive.timeout}); it knows no bound per service
 * @param countClientErrors whether every status from 400 on is a failure; by default 400 to 499 are
 *     answers, but for 408 and 429
 */
public record ClientProfile(
    int failures,
    Duration openTime,
    Duration requestTimeout,
    int connections,
    boolean countClientErrors) {

  /**
   * The service client of tasks.md 18.1, for calls that leave Trestle: 5 failures in a row, 30 s
   * open, one call that tries, 10 s for a request, 20 requests at once.
   */
  public static final ClientProfile SERVICE_CLIENT =
      new ClientProfile(5, Duration.ofSeconds(30), Duration.ofSeconds(10), 20, false);

  /** The defaults: {@link #SERVICE_CLIENT}. */
  public static final ClientProfile DEFAULT = SERVICE_CLIENT;

  private static final int MOST = 1_000;

  /** Checks the bounds. */
  public ClientProfile {
    check("failures", failures);
    check("connections", connections);
    check("openTime", openTime);
    check("requestTimeout", requestTimeout);
  }

  /** With another number of failures. */
  public ClientProfile withFailures(int number) {
    return new ClientProfile(number, openTime, requestTimeout, connections, countClientErrors);
  }

  /** With another time of being open. */
  public ClientProfile withOpenTime(Duration time) {
    return new ClientProfile(failures, time, requestTimeout, connections, countClientErrors);
  }

  /** With another timeout. */
  public ClientProfile withRequestTimeout(Duration time) {
    return new ClientProfile(failures, openTime, time, connections, countClientErrors);
  }

  /** With another bound of requests. */
  public ClientProfile withConnections(int number) {
    return new ClientProfile(failures, openTime, requestTimeout, number, countClientErrors);
  }

  /** With all statuses from 400 on as failures, or not. */
  public ClientProfile withClientErrors(boolean count) {
    return new ClientProfile(failures, openTime, requestTimeout, connections, count);
  }

  /** Whether an answer of this status is a failure. */
  boolean fails(int status) {
    return status >= 500 || status == 408 || status == 429 || (countClientErrors && status >= 400);
  }

  private static void check(String name, int value) {
    if (value < 1 || value > MOST) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: 1 to " + MOST + ")");
    }
  }

  private static void check(String name, Duration value) {
    if (value.isZero() || value.isNegative()) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: more than 0)");
    }
  }
}
