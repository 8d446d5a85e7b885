package io.trestle.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Calls of one service, and what must come of them.
 *
 * @param name how reports call it
 * @param handlers the behaviours of the callee, by method
 * @param steps in order
 */
public record Scenario(String name, JsonNode handlers, List<Step> steps) {
  private static final YAMLMapper YAML = new YAMLMapper();
  private static final List<String> OURS = List.of("calls", "errors", "timeouts", "transports");

  /**
   * A call.
   *
   * @param transports it is made once over each
   * @param call what the agent of the caller is told
   * @param expect what must come of it
   */
  public record Step(String name, List<String> transports, JsonNode call, JsonNode expect) {}

  /** The scenarios that come with this module. */
  public static List<Scenario> ours() throws IOException {
    List<Scenario> scenarios = new ArrayList<>();
    for (String name : OURS) {
      try (InputStream in = Scenario.class.getResourceAsStream("scenarios/" + name + ".yaml")) {
        if (in == null) {
          throw new IOException("no scenario " + name);
        }
        scenarios.add(read(in));
      }
    }
    return scenarios;
  }

  /** Reads a file of one scenario. */
  public static Scenario read(InputStream yaml) throws IOException {
    JsonNode root = YAML.readTree(yaml);
    List<String> transports = texts(root.required("transports"));
    List<Step> steps = new ArrayList<>();
    for (JsonNode step : root.required("steps")) {
      steps.add(
          new Step(
              step.required("name").asText(),
              step.has("transports") ? texts(step.get("transports")) : transports,
              step.required("call"),
              step.required("expect")));
    }
    return new Scenario(root.required("name").asText(), root.required("handlers"), steps);
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(item -> texts.add(item.asText()));
    return List.copyOf(texts);
  }
}
