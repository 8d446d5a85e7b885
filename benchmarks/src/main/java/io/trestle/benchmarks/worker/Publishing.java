package io.trestle.benchmarks.worker;

import io.vertx.core.json.JsonObject;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Load for whatever publishes events: a number of publishes under way, or a number for each second.
 * The payload begins with the time at which the event was to be published.
 */
final class Publishing {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  /** Who cannot follow a rate may take so many times as long. */
  private static final int PATIENCE = 10;

  private final Publisher publisher;
  private final AtomicLong keys = new AtomicLong();

  /** What is measured. */
  @FunctionalInterface
  interface Publisher {
    /**
     * Publishes; completes when the event is stored for good.
     *
     * @param key of the lane; empty for none
     */
    CompletionStage<?> publish(String event, String key, byte[] payload);
  }

  Publishing(Publisher publisher) {
    this.publisher = publisher;
  }

  JsonObject answer(String command, JsonObject arguments) {
    return switch (command) {
      case "run" -> ClosedLoop.run(arguments, done -> publish(arguments, System.nanoTime(), done));
      case "pace" -> pace(arguments);
      default -> throw new IllegalArgumentException("command: " + command);
    };
  }

  private void publish(JsonObject question, long at, ClosedLoop.Done done) {
    byte[] payload = new byte[question.getInteger("size")];
    ByteBuffer.wrap(payload).putLong(at);
    int lanes = question.getInteger("keys", 0);
    String key = lanes == 0 ? "" : "key-" + keys.incrementAndGet() % lanes;
    var unused =
        publisher
            .publish(question.getString("event"), key, payload)
            .whenComplete((stored, e) -> done.ended(e));
  }

  /**
   * Publishes at even intervals, whatever happens, so that a delay is seen by all that it hits; one
   * at least.
   */
  private JsonObject pace(JsonObject question) {
    long interval = Math.round(1e9 / question.getDouble("rate"));
    long begin = System.nanoTime();
    long millis = question.getLong("millis");
    long count = Math.max(1, millis * 1_000_000 / interval);
    AtomicLong left = new AtomicLong(count);
    CompletableFuture<Void> over = new CompletableFuture<>();
    for (long i = 0; i < count; i++) {
      long at = begin + i * interval;
      while (System.nanoTime() < at) {
        LockSupport.parkNanos(at - System.nanoTime());
      }
      publish(question, at, failure -> ended(failure, left, over));
    }
    Waiting.on(over, LIMIT.plusMillis(millis * PATIENCE));
    return new JsonObject()
        .put("count", count)
        .put("begin", begin)
        .put("nanos", System.nanoTime() - begin)
        .put("failed", 0)
        .put("failure", "");
  }

  private static void ended(
      @Nullable Throwable failure, AtomicLong left, CompletableFuture<Void> over) {
    if (failure != null) {
      over.completeExceptionally(failure);
    } else if (left.decrementAndGet() == 0) {
      over.complete(null);
    }
  }
}
