package io.trestle.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trestle.testing.TestKernel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Scenarios for one pair of languages. Each is one process for all of them, as starting one may
 * take seconds; so scenarios share their handlers, and a method has the same behaviour in all.
 */
final class PairRun {
  private final Fleet fleet;
  private final List<Scenario> scenarios;
  private final ObjectNode handlers;
  private final ObjectNode events;
  private final Language caller;
  private final Language callee;

  /**
   * Where scenarios run.
   *
   * @param schema where agents find the messages
   */
  record Fleet(
      String url, TestKernel.ServiceKey caller, TestKernel.ServiceKey callee, Path schema) {}

  PairRun(Fleet fleet, List<Scenario> scenarios, Language caller, Language callee) {
    this.fleet = fleet;
    this.scenarios = scenarios;
    this.handlers = merged("handler", scenarios.stream().map(Scenario::handlers).toList());
    this.events = merged("event", scenarios.stream().map(Scenario::events).toList());
    this.caller = caller;
    this.callee = callee;
  }

  private static ObjectNode merged(String kind, List<JsonNode> behaviours) {
    ObjectNode all = AgentProcess.JSON.createObjectNode();
    for (JsonNode some : behaviours) {
      for (Map.Entry<String, JsonNode> one : some.properties()) {
        JsonNode known = all.replace(one.getKey(), one.getValue());
        if (known != null && !known.equals(one.getValue())) {
          throw new IllegalArgumentException(
              kind + " " + one.getKey() + ": " + one.getValue() + " and " + known);
        }
      }
    }
    return all;
  }

  List<Outcome> run() throws IOException, InterruptedException {
    try (AgentProcess serving = AgentProcess.start(callee, servingConfig());
        AgentProcess calling = AgentProcess.start(caller, callingConfig())) {
      serving.ready();
      JsonNode self = calling.ready();
      for (String method : served()) {
        calling.ask(command("awaitMethod").put("method", method));
      }
      List<Outcome> outcomes = new ArrayList<>();
      for (Scenario scenario : scenarios) {
        for (Scenario.Step step : scenario.steps()) {
          for (String transport : step.transports()) {
            List<String> problems = run(step, transport, self, calling, serving);
            outcomes.add(outcome(scenario, step, transport, problems));
          }
        }
      }
      return outcomes;
    }
  }

  private Outcome outcome(
      Scenario scenario, Scenario.Step step, String transport, List<String> problems) {
    return new Outcome(
        caller.name(), callee.name(), scenario.name(), step.name(), transport, problems);
  }

  private List<String> run(
      Scenario.Step step,
      String transport,
      JsonNode self,
      AgentProcess calling,
      AgentProcess serving)
      throws IOException, InterruptedException {
    String request = "request-" + UUID.randomUUID();
    Map<String, String> values = new HashMap<>();
    values.put("$caller", fleet.caller().id());
    values.put("$callerInstance", self.path("instanceId").asText());
    values.put("$request", request);
    values.put("$key", "key-" + UUID.randomUUID());
    ObjectNode told = command(step.command());
    if (!step.isEvent()) {
      told.put("transport", transport).put("requestId", request);
    }
    step.members().properties().forEach(e -> told.set(e.getKey(), e.getValue()));
    if (told.has("idempotencyKey")) {
      String key = told.get("idempotencyKey").asText();
      told.put("idempotencyKey", values.getOrDefault(key, key));
    }
    JsonNode answer = calling.ask(told);
    return problems(step.expect(), answer, values, serving);
  }

  private static List<String> problems(
      JsonNode expect, JsonNode answer, Map<String, String> values, AgentProcess serving)
      throws InterruptedException {
    Expectation expectation = new Expectation(values);
    if (expect.has("error")) {
      expectation.hold("error", expect.get("error"), answer.get("error"));
    } else if (!answer.path("ok").asBoolean()) {
      return List.of("error: " + answer.path("error") + " (expected: an answer)");
    }
    if (expect.has("reply")) {
      expectation.hold("reply", expect.get("reply"), answer.get("reply"));
    }
    JsonNode count = expect.path("served");
    int least = Math.max(expect.has("seen") ? 1 : 0, count.asInt());
    String request = String.valueOf(values.get("$request"));
    List<JsonNode> seen =
        serving.observed(line -> line.path("requestId").asText().equals(request), least);
    if (expect.has("served")) {
      expectation.hold("served", count, seen.size());
    }
    if (expect.has("seen")) {
      expectation.hold("seen", expect.get("seen"), seen.get(0));
    }
    delivered(expect, answer, expectation, serving);
    return expectation.problems();
  }

  private static void delivered(
      JsonNode expect, JsonNode answer, Expectation expectation, AgentProcess serving)
      throws InterruptedException {
    if (!expect.has("delivered")) {
      return;
    }
    String event = answer.path("reply").path("eventId").asText();
    List<JsonNode> seen =
        serving.observed(
            line -> line.path("eventId").asText().equals(event), expect.get("delivered").asInt());
    expectation.hold("delivered", expect.get("delivered"), seen.size());
    if (expect.has("delivery")) {
      expectation.hold("delivery", expect.get("delivery"), seen.get(seen.size() - 1));
    }
  }

  private ObjectNode command(String name) {
    return AgentProcess.JSON
        .createObjectNode()
        .put("command", name)
        .put("service", fleet.callee().name());
  }

  private ObjectNode config(TestKernel.ServiceKey service) {
    return AgentProcess.JSON
        .createObjectNode()
        .put("url", fleet.url())
        .put("key", service.apiKey())
        .put("schema", fleet.schema().toString());
  }

  private ObjectNode servingConfig() {
    ObjectNode config = config(fleet.callee());
    config.set("handlers", handlers);
    config.set("events", events);
    return config;
  }

  private ObjectNode callingConfig() {
    ObjectNode config = config(fleet.caller());
    ArrayNode methods = config.putObject("uses").putArray(fleet.callee().name());
    served().forEach(methods::add);
    ArrayNode published = config.putArray("publishes");
    scenarios.stream()
        .flatMap(scenario -> scenario.steps().stream())
        .filter(Scenario.Step::isEvent)
        .map(step -> step.members().path("name").asText())
        .distinct()
        .forEach(published::add);
    return config;
  }

  private List<String> served() {
    List<String> methods = new ArrayList<>();
    handlers.fieldNames().forEachRemaining(methods::add);
    return methods;
  }
}
