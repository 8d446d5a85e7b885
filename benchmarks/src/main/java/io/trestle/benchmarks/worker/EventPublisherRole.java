package io.trestle.benchmarks.worker;

import io.trestle.sdk.EventType;
import io.trestle.sdk.PublishOptions;
import io.trestle.sdk.ServiceBridge;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Our SDK, publishing. */
final class EventPublisherRole implements Role {
  /** A slow machine may store nothing for long; with the last attempt it is a minute. */
  private static final Duration PATIENCE = Duration.ofSeconds(45);

  private final Map<String, EventType<byte[]>> types = new HashMap<>();
  private final Publishing publishing = new Publishing(this::publish);
  private @Nullable ServiceBridge bridge;

  @Override
  public JsonObject answer(String command, JsonObject arguments) {
    return command.equals("start") ? start(arguments) : publishing.answer(command, arguments);
  }

  private JsonObject start(JsonObject arguments) {
    ServiceBridge made =
        ServiceBridge.builder(arguments.getString("url"), arguments.getString("key"))
            .callerOnly()
            .publishTimeout(PATIENCE)
            .build();
    for (Object name : arguments.getJsonArray("events")) {
      types.put((String) name, made.events().define((String) name));
    }
    bridge = made;
    made.start();
    return new JsonObject();
  }

  private CompletionStage<?> publish(String event, String key, byte[] payload) {
    EventType<byte[]> type = types.get(event);
    if (type == null) {
      throw new IllegalArgumentException("event: " + event);
    }
    PublishOptions options = key.isEmpty() ? PublishOptions.DEFAULT : PublishOptions.keyed(key);
    return type.publishAsync(payload, options);
  }

  @Override
  public void close() {
    if (bridge != null) {
      bridge.stop();
    }
  }
}
