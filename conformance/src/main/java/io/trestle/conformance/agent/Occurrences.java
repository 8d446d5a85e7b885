package io.trestle.conformance.agent;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import io.trestle.sdk.EventContext;
import io.trestle.sdk.EventSchema;
import io.trestle.sdk.EventType;
import io.trestle.sdk.PublishOptions;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.protobuf.MessageSchema;
import io.trestle.sdk.protobuf.ProtoFile;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** The events of an agent: what it publishes when it is told, and what it is handed. */
final class Occurrences {
  private static final TypeReference<Map<String, Object>> MAP = new TypeReference<>() {};
  private static final TypeReference<Map<String, String>> TEXTS = new TypeReference<>() {};

  private final Lines lines;
  private final EventSchema<Map<String, Object>> schema;
  private final Map<String, EventType<Map<String, Object>>> types = new HashMap<>();

  Occurrences(AgentConfig config, Lines lines, ServiceBridge bridge) {
    this.lines = lines;
    this.schema = MessageSchema.of(ProtoFile.load(config.schema()).message("Request")).asMaps();
    for (String name : config.publishes()) {
      types.put(name, bridge.events().define(name, schema));
    }
    config.events().forEach((pattern, behaviour) -> handle(bridge, pattern, behaviour));
  }

  private void handle(ServiceBridge bridge, String pattern, Reception reception) {
    bridge
        .events()
        .handle(
            pattern,
            schema,
            (payload, context) -> {
              lines.observation("delivery", seen(payload, context));
              reception.take(context);
            });
  }

  private static Map<String, Object> seen(Map<String, Object> payload, EventContext context) {
    Map<String, Object> seen = new LinkedHashMap<>();
    seen.put("eventId", context.eventId());
    seen.put("name", context.eventName());
    seen.put("pattern", context.matchedPattern());
    seen.put("attempt", context.attempt());
    seen.put("partitionKey", context.partitionKey());
    seen.put("headers", context.headers());
    seen.put("payload", payload);
    return seen;
  }

  /** The command {@code publish}. */
  void publish(long id, JsonNode command) {
    try {
      String name = command.required("name").asText();
      EventType<Map<String, Object>> type = types.get(name);
      if (type == null) {
        throw new IllegalArgumentException("name: " + name + " (expected: one of the publishes)");
      }
      Map<String, Object> payload = payload(command.path("payload"));
      var unused =
          type.publishAsync(payload, options(command))
              .whenComplete(
                  (eventId, failure) -> {
                    if (failure == null) {
                      lines.done(id, Map.of("eventId", eventId));
                    } else {
                      lines.failed(id, failure);
                    }
                  });
    } catch (RuntimeException | JsonProcessingException e) {
      lines.failed(id, e);
    }
  }

  private static Map<String, Object> payload(JsonNode node) throws JsonProcessingException {
    return node.isMissingNode() ? Map.of() : Json.MAPPER.treeToValue(node, MAP);
  }

  private static PublishOptions options(JsonNode command) {
    return PublishOptions.keyed(command.path("partitionKey").asText())
        .withIdempotencyKey(command.path("idempotencyKey").asText())
        .withHeaders(
            command.has("headers")
                ? Json.MAPPER.convertValue(command.get("headers"), TEXTS)
                : Map.of());
  }
}
