package io.trestle.kernel.pipeline;

import java.time.Duration;

/**
 * How large and how patient the pipeline is.
 *
 * @param maxBytes bytes of all writes without verdict, both lanes (default 64 MiB); bulk is refused
 *     at 80 %
 * @param maxUnits number of such writes (default 50,000); bulk is refused at 80 %
 * @param maxBatchBytes bytes of one transaction (default 4 MiB); a larger write goes alone
 * @param deadline for writes that name none (default 10 s)
 * @param attemptTimeout after which a transaction without answer counts as a lost connection
 *     (default 30 s)
 * @param connectTimeout for one attempt to connect (default 5 s)
 * @param minBackoff before the second attempt to connect; doubles (default 50 ms)
 * @param maxBackoff longest wait between attempts (default 2 s)
 */
public record PipelineOptions(
    long maxBytes,
    int maxUnits,
    int maxBatchBytes,
    Duration deadline,
    Duration attemptTimeout,
    Duration connectTimeout,
    Duration minBackoff,
    Duration maxBackoff) {

  private static final int MIB = 1 << 20;

  /** Checks the bounds. */
  public PipelineOptions {
    atLeast("maxBytes", maxBytes, 1);
    atLeast("maxUnits", maxUnits, 1);
    atLeast("maxBatchBytes", maxBatchBytes, 1);
    atLeast("deadline", deadline.toMillis(), 1);
    atLeast("attemptTimeout", attemptTimeout.toMillis(), 1);
    atLeast("connectTimeout", connectTimeout.toMillis(), 1);
    atLeast("minBackoff", minBackoff.toMillis(), 1);
    atLeast("maxBackoff", maxBackoff.toMillis(), minBackoff.toMillis());
  }

  /** The defaults above. */
  public static PipelineOptions defaults() {
    return new PipelineOptions(
        64L * MIB,
        50_000,
        4 * MIB,
        Duration.ofSeconds(10),
        Duration.ofSeconds(30),
        Duration.ofSeconds(5),
        Duration.ofMillis(50),
        Duration.ofSeconds(2));
  }

  /** The same with other bounds for everything that waits. */
  public PipelineOptions withBounds(long bytes, int units) {
    return new PipelineOptions(
        bytes,
        units,
        maxBatchBytes,
        deadline,
        attemptTimeout,
        connectTimeout,
        minBackoff,
        maxBackoff);
  }

  /** The same with another size of a transaction. */
  public PipelineOptions withMaxBatchBytes(int bytes) {
    return new PipelineOptions(
        maxBytes,
        maxUnits,
        bytes,
        deadline,
        attemptTimeout,
        connectTimeout,
        minBackoff,
        maxBackoff);
  }

  /** The same with another deadline for writes that name none. */
  public PipelineOptions withDeadline(Duration other) {
    return new PipelineOptions(
        maxBytes,
        maxUnits,
        maxBatchBytes,
        other,
        attemptTimeout,
        connectTimeout,
        minBackoff,
        maxBackoff);
  }

  /** The same with another patience for a transaction without answer. */
  public PipelineOptions withAttemptTimeout(Duration other) {
    return new PipelineOptions(
        maxBytes, maxUnits, maxBatchBytes, deadline, other, connectTimeout, minBackoff, maxBackoff);
  }

  private static void atLeast(String name, long value, long min) {
    if (value < min) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: at least " + min + ")");
    }
  }
}
