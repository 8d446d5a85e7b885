package io.trestle.benchmarks.worker;

import io.trestle.sdk.EventType;
import io.trestle.sdk.PublishOptions;
import io.trestle.sdk.ServiceBridge;
import io.vertx.core.json.JsonObject;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Our SDK, publishing: a number of publishes under way, or a number for each second. The payload
 * begins with the time at which the event was to be published.
 */
final class EventPublisherRole implements Role {
  private final Map<String, EventType<byte[]>> types = new HashMap<>();
  private final AtomicLong keys = new AtomicLong();
  private @Nullable ServiceBridge bridge;

  @Override
  public JsonObject answer(String command, JsonObject arguments) {
    return switch (command) {
      case "start" -> start(arguments);
      case "run" -> ClosedLoop.run(arguments, done -> publish(arguments, System.nanoTime(), done));
      case "pace" -> pace(arguments);
      default -> throw new IllegalArgumentException("command: " + command);
    };
  }

  private JsonObject start(JsonObject arguments) {
    ServiceBridge made =
        ServiceBridge.builder(arguments.getString("url"), arguments.getString("key"))
            .callerOnly()
            .build();
    for (Object name : arguments.getJsonArray("events")) {
      types.put((String) name, made.events().define((String) name));
    }
    bridge = made;
    made.start();
    return new JsonObject();
  }

  private void publish(JsonObject question, long at, ClosedLoop.Done done) {
    EventType<byte[]> type = types.get(question.getString("event"));
    if (type == null) {
      throw new IllegalArgumentException("event: " + question.getString("event"));
    }
    byte[] payload = new byte[question.getInteger("size")];
    ByteBuffer.wrap(payload).putLong(at);
    int lanes = question.getInteger("keys", 0);
    PublishOptions options =
        lanes == 0
            ? PublishOptions.DEFAULT
            : PublishOptions.keyed("key-" + keys.incrementAndGet() % lanes);
    var unused = type.publishAsync(payload, options).whenComplete((id, e) -> done.ended(e));
  }

  /** Publishes at even intervals, whatever happens, so that a delay is seen by all that it hits. */
  private JsonObject pace(JsonObject question) {
    long interval = Math.round(1e9 / question.getDouble("rate"));
    long begin = System.nanoTime();
    long count = question.getLong("millis") * 1_000_000 / interval;
    AtomicLong left = new AtomicLong(count);
    CompletableFuture<Void> over = new CompletableFuture<>();
    for (long i = 0; i < count; i++) {
      long at = begin + i * interval;
      while (System.nanoTime() < at) {
        LockSupport.parkNanos(at - System.nanoTime());
      }
      publish(question, at, failure -> ended(failure, left, over));
    }
    Waiting.on(over, Duration.ofSeconds(60));
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

  @Override
  public void close() {
    if (bridge != null) {
      bridge.stop();
    }
  }
}
