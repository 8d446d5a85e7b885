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
 * @param handlers what it serves
 * @param uses the methods it calls, by service
 */
record AgentConfig(
    String url,
    String key,
    Path schema,
    Map<String, Behaviour> handlers,
    Map<String, List<String>> uses) {

  static AgentConfig parse(String json) throws JsonProcessingException {
    JsonNode root = Json.MAPPER.readTree(json);
    Map<String, Behaviour> handlers = new LinkedHashMap<>();
    root.path("handlers")
        .properties()
        .forEach(e -> handlers.put(e.getKey(), Behaviour.of(e.getValue())));
    Map<String, List<String>> uses = new LinkedHashMap<>();
    root.path("uses").properties().forEach(e -> uses.put(e.getKey(), texts(e.getValue())));
    return new AgentConfig(
        root.required("url").asText(),
        root.required("key").asText(),
        Path.of(root.required("schema").asText()),
        handlers,
        uses);
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(item -> texts.add(item.asText()));
    return texts;
  }
}
