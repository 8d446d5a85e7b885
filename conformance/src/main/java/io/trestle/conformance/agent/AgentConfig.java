package io.trestle.conformance.agent;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What an agent is told at its start.
 *
 * @param url the runtime
 * @param key the bootstrap key
 * @param schema the {@code .proto} with {@code Request} and {@code Reply}
 * @param handlers the methods it serves that answer once
 * @param streams the methods it serves that answer so many times
 * @param publishes the names of its events
 * @param events what it does with events, by pattern
 * @param uses the methods it calls, by service
 */
record AgentConfig(
    String url,
    String key,
    Path schema,
    Map<String, Behaviour> handlers,
    Map<String, Integer> streams,
    Map<String, List<String>> uses,
    List<String> publishes,
    Map<String, Reception> events) {

  static AgentConfig parse(String json) throws JsonProcessingException {
    JsonNode root = Json.MAPPER.readTree(json);
    Map<String, Behaviour> handlers = new LinkedHashMap<>();
    Map<String, Integer> streams = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> handler : root.path("handlers").properties()) {
      if (handler.getValue().has("stream")) {
        streams.put(handler.getKey(), handler.getValue().get("stream").asInt());
      } else {
        handlers.put(handler.getKey(), Behaviour.of(handler.getValue()));
      }
    }
    Map<String, Reception> events = new LinkedHashMap<>();
    root.path("events")
        .properties()
        .forEach(e -> events.put(e.getKey(), Reception.of(e.getValue())));
    Map<String, List<String>> uses = new LinkedHashMap<>();
    root.path("uses").properties().forEach(e -> uses.put(e.getKey(), texts(e.getValue())));
    return new AgentConfig(
        root.required("url").asText(),
        root.required("key").asText(),
        Path.of(root.required("schema").asText()),
        handlers,
        streams,
        uses,
        texts(root.path("publishes")),
        events);
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(item -> texts.add(item.asText()));
    return texts;
  }
}
