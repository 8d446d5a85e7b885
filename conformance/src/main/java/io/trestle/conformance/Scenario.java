package io.trestle.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Calls and events of one service, and what must come of them.
 *
 * @param name how reports call it
 * @param handlers the behaviours of the callee, by method
 * @param events what the callee does with events, by pattern
 * @param steps in order
 */
public record Scenario(String name, JsonNode handlers, JsonNode events, List<Step> steps) {
  private static final String PUBLISH = "publish";
  private static final YAMLMapper YAML = new YAMLMapper();
  private static final List<String> OURS =
      List.of("calls", "errors", "timeouts", "transports", "streams", "events");

  /**
   * A call, or an event.
   *
   * @param transports a call is made once over each; an event goes through the runtime
   * @param command {@code call} or {@code publish}
   * @param members what the agent of the caller is told
   * @param expect what must come of it
   */
  public record Step(
      String name, List<String> transports, String command, JsonNode members, JsonNode expect) {
    boolean isEvent() {
      return command.equals(PUBLISH);
    }
  }

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
    List<String> transports = texts(root.path("transports"));
    List<Step> steps = new ArrayList<>();
    for (JsonNode step : root.required("steps")) {
      steps.add(step(step, transports));
    }
    return new Scenario(
        root.required("name").asText(), root.path("handlers"), root.path("events"), steps);
  }

  private static Step step(JsonNode step, List<String> transports) {
    String command = step.has(PUBLISH) ? PUBLISH : "call";
    List<String> own = step.has("transports") ? texts(step.get("transports")) : transports;
    return new Step(
        step.required("name").asText(),
        command.equals(PUBLISH) ? List.of("runtime") : own,
        command,
        step.required(command),
        step.required("expect"));
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(item -> texts.add(item.asText()));
    return List.copyOf(texts);
  }
}
