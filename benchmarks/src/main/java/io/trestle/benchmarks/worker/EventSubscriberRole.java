package io.trestle.benchmarks.worker;

import io.trestle.sdk.ServiceBridge;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.HdrHistogram.Histogram;

/** Our SDK, consuming: one bridge for each service; it counts and takes the time since publish. */
final class EventSubscriberRole implements Role {
  private static final long LONGEST_NANOS = 120_000_000_000L;
  private static final int DIGITS = 3;
  private static final long PATIENCE_NANOS = 60_000_000_000L;
  private static final int IN_FLIGHT = 256;

  private final List<ServiceBridge> bridges = new ArrayList<>();
  private final Histogram latencies = new Histogram(LONGEST_NANOS, DIGITS);
  private long last;

  @Override
  public JsonObject answer(String command, JsonObject arguments) throws InterruptedException {
    return switch (command) {
      case "start" -> start(arguments);
      case "reset" -> reset();
      case "await" -> await(arguments.getLong("count"));
      default -> throw new IllegalArgumentException("command: " + command);
    };
  }

  private JsonObject start(JsonObject arguments) {
    JsonArray services = arguments.getJsonArray("services");
    for (int i = 0; i < services.size(); i++) {
      JsonObject service = services.getJsonObject(i);
      ServiceBridge bridge =
          ServiceBridge.builder(arguments.getString("url"), service.getString("key"))
              .callerOnly()
              .eventsMaxInFlight(IN_FLIGHT)
              .build();
      for (Object pattern : service.getJsonArray("patterns")) {
        bridge.events().handleAsync((String) pattern, (payload, context) -> handled(payload));
      }
      bridges.add(bridge);
      bridge.start();
    }
    return new JsonObject();
  }

  private CompletionStage<Void> handled(byte[] payload) {
    long now = System.nanoTime();
    long took = Math.max(0, Math.min(now - ByteBuffer.wrap(payload).getLong(), LONGEST_NANOS));
    synchronized (latencies) {
      latencies.recordValue(took);
      last = now;
    }
    return CompletableFuture.completedFuture(null);
  }

  private JsonObject reset() {
    synchronized (latencies) {
      latencies.reset();
    }
    return new JsonObject();
  }

  /** Waits until that many have come, and tells when the last did. */
  private JsonObject await(long count) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (true) {
      synchronized (latencies) {
        if (latencies.getTotalCount() >= count || System.nanoTime() > end) {
          return new JsonObject()
              .put("count", latencies.getTotalCount())
              .put("last", last)
              .put("p50", latencies.getValueAtPercentile(50))
              .put("p99", latencies.getValueAtPercentile(99))
              .put("max", latencies.getMaxValue());
        }
      }
      Thread.sleep(1);
    }
  }

  @Override
  public void close() {
    bridges.forEach(ServiceBridge::stop);
  }
}
