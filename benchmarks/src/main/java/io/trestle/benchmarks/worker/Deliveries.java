package io.trestle.benchmarks.worker;

import io.vertx.core.json.JsonObject;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** Counts deliveries and takes the time since each was to be published. Any thread. */
final class Deliveries {
  private static final long LONGEST_NANOS = 120_000_000_000L;
  private static final int DIGITS = 3;
  private static final long PATIENCE_MILLIS = 60_000;

  private final Histogram latencies = new Histogram(LONGEST_NANOS, DIGITS);
  private long first;
  private long last;

  void handled(byte[] payload) {
    long now = System.nanoTime();
    long took = Math.max(0, Math.min(now - ByteBuffer.wrap(payload).getLong(), LONGEST_NANOS));
    synchronized (latencies) {
      first = latencies.getTotalCount() == 0 ? now : first;
      latencies.recordValue(took);
      last = now;
    }
  }

  JsonObject answer(String command, JsonObject arguments) throws InterruptedException {
    return switch (command) {
      case "reset" -> reset();
      case "await" ->
          await(arguments.getLong("count"), arguments.getLong("millis", PATIENCE_MILLIS));
      default -> throw new IllegalArgumentException("command: " + command);
    };
  }

  private JsonObject reset() {
    synchronized (latencies) {
      latencies.reset();
    }
    return new JsonObject();
  }

  /** Waits until that many have come, or that long, and tells when the first and the last did. */
  private JsonObject await(long count, long millis) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (true) {
      synchronized (latencies) {
        if (latencies.getTotalCount() >= count || System.nanoTime() > end) {
          return new JsonObject()
              .put("count", latencies.getTotalCount())
              .put("first", first)
              .put("last", last)
              .put("p50", latencies.getValueAtPercentile(50))
              .put("p99", latencies.getValueAtPercentile(99))
              .put("max", latencies.getMaxValue());
        }
      }
      Thread.sleep(1);
    }
  }
}
