package io.trestle.examples.orderflow.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/** The few administration calls of the demo, as anybody may make them. */
final class AdminApi {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final HttpClient client = HttpClient.newHttpClient();
  private final String url;
  private final Path tokenFile;

  AdminApi(String url, Path tokenFile) {
    this.url = url;
    this.tokenFile = tokenFile;
  }

  /**
   * A new service.
   *
   * @return its bootstrap key
   */
  String createService(String name) {
    return require(post("ServiceService/Create", named(name)), "Create " + name)
        .path("apiKey")
        .asText();
  }

  /**
   * Replaces what a service accepts: from now on these calls and no others.
   *
   * @param calls {@code CALLER/METHOD}, {@code *} for any of either
   */
  void acceptOnly(String service, List<String> calls) {
    ObjectNode body = named(service);
    calls.forEach(body.putObject("rules").putArray("rpc.handle")::add);
    require(post("PolicyService/Set", body), "Set policy of " + service);
  }

  /** Publishes an event in the name of a service; its payload is an object of texts. */
  void publish(String service, String event, Map<String, String> payload) {
    ObjectNode body = MAPPER.createObjectNode().put("service", service).put("name", event);
    body.put("payloadJson", MAPPER.valueToTree(payload).toString());
    require(post("EventsService/Publish", body), "Publish " + event);
  }

  /** Deliveries that are neither handled nor dead, of all consumers. */
  long pendingEvents() {
    long pending = 0;
    JsonNode lag = require(post("EventsService/Lag", MAPPER.createObjectNode()), "Lag");
    for (JsonNode consumer : lag.path("consumers")) {
      pending += consumer.path("pending").asLong();
    }
    return pending;
  }

  /** All dead letters of a service, the newest first. */
  List<JsonNode> deadLetters(String service) {
    List<JsonNode> all = new ArrayList<>();
    everyPage("ListDeadLetters", service, page -> page.path("deadLetters").forEach(all::add));
    return all;
  }

  /**
   * Hands all dead letters of a service to it again.
   *
   * @return how many
   */
  long replayDeadLetters(String service) {
    LongAdder replayed = new LongAdder();
    everyPage("ReplayDeadLetters", service, page -> replayed.add(page.path("replayed").asLong()));
    return replayed.sum();
  }

  private void everyPage(String procedure, String service, Consumer<JsonNode> reader) {
    String cursor = "";
    do {
      ObjectNode body = MAPPER.createObjectNode().put("service", service).put("cursor", cursor);
      JsonNode page = require(post("EventsService/" + procedure, body), procedure);
      reader.accept(page);
      cursor = page.path("nextCursor").asText();
    } while (!cursor.isEmpty());
  }

  private static ObjectNode named(String name) {
    return MAPPER.createObjectNode().put("name", name);
  }

  private HttpResponse<String> post(String procedure, ObjectNode body) {
    try {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(url + "/servicebridge.ui.v1." + procedure))
              .timeout(Duration.ofSeconds(10))
              .header("authorization", "Bearer " + Files.readString(tokenFile).strip())
              .header("content-type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
              .build();
      return client.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new DemoException(procedure + " at " + url + ": " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DemoException("interrupted", e);
    }
  }

  private static JsonNode require(HttpResponse<String> answer, String what) {
    JsonNode tree = tree(answer);
    if (answer.statusCode() != 200) {
      throw new DemoException(
          "%s: %s: %s".formatted(what, tree.path("code").asText(), tree.path("message").asText()));
    }
    return tree;
  }

  private static JsonNode tree(HttpResponse<String> answer) {
    try {
      return MAPPER.readTree(answer.body());
    } catch (IOException e) {
      throw new DemoException("the kernel answered no JSON: HTTP " + answer.statusCode(), e);
    }
  }
}
