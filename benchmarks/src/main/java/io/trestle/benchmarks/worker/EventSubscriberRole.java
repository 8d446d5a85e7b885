package io.trestle.benchmarks.worker;

import io.trestle.sdk.ServiceBridge;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Our SDK, consuming: one bridge for each service. */
final class EventSubscriberRole implements Role {
  /** Deliveries that a consumer may hold unanswered, ours and those of peers. */
  static final int IN_FLIGHT = 256;

  private final List<ServiceBridge> bridges = new ArrayList<>();
  private final Deliveries deliveries = new Deliveries();

  @Override
  public JsonObject answer(String command, JsonObject arguments) throws InterruptedException {
    return command.equals("start") ? start(arguments) : deliveries.answer(command, arguments);
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
    deliveries.handled(payload);
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public void close() {
    bridges.forEach(ServiceBridge::stop);
  }
}
