package io.trestle.system.wire;

import static io.trestle.system.wire.EventsWireTest.event;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.trestle.protocol.v1.EventEnvelope;
import io.trestle.testing.TestKernel.ServiceKey;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A consumer that fetches its events over HTTP, with a token of its service. */
final class PullClient {
  static final String BATCH = "application/cloudevents-batch+json";

  private final HttpClient http = HttpClient.newHttpClient();
  private final WireExtension wire;
  private final ServiceKey service;
  private final String token;

  PullClient(WireExtension wire, ServiceKey service) {
    this.wire = wire;
    this.service = service;
    this.token = token(wire, service, "subscribe");
  }

  static String token(WireExtension wire, ServiceKey of, String scope) {
    return admin(wire, "CreateToken", of, new JsonObject().put("scope", scope)).getString("token");
  }

  private static JsonObject admin(
      WireExtension wire, String procedure, ServiceKey of, JsonObject request) {
    return wire.kernel()
        .admin()
        .ok("EventsService/" + procedure, request.copy().put("service", of.name()));
  }

  /** What an operator gets who asks about the service. */
  JsonObject admin(String procedure, JsonObject request) {
    return admin(wire, procedure, service, request);
  }

  JsonObject admin(String procedure) {
    return admin(procedure, new JsonObject());
  }

  String token() {
    return token;
  }

  // ---- requests

  URI uri(String path) {
    return URI.create(wire.kernel().http().get(0)).resolve("/events/subscriptions" + path);
  }

  HttpRequest.Builder request(String path) {
    return request(path, token);
  }

  HttpRequest.Builder request(String path, String bearer) {
    return HttpRequest.newBuilder(uri(path))
        .timeout(Duration.ofSeconds(30))
        .header("authorization", "Bearer " + bearer);
  }

  CompletableFuture<HttpResponse<String>> begin(HttpRequest.Builder request) {
    return http.sendAsync(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  HttpResponse<String> send(HttpRequest.Builder request) {
    return begin(request).join();
  }

  int status(HttpRequest.Builder request) {
    return send(request).statusCode();
  }

  static HttpRequest.BodyPublisher json(JsonObject body) {
    return HttpRequest.BodyPublishers.ofString(body.encode());
  }

  // ---- subscriptions

  HttpResponse<String> put(String name, JsonObject definition) {
    return send(request("/" + name).PUT(json(definition)));
  }

  void subscribe(String name, String... patterns) {
    subscribe(name, patterns(patterns));
  }

  void subscribe(String name, JsonObject definition) {
    assertThat(put(name, definition).statusCode()).isEqualTo(201);
  }

  static JsonObject patterns(String... patterns) {
    return new JsonObject().put("patterns", new JsonArray(List.of(patterns)));
  }

  JsonObject shown(String name) {
    return new JsonObject(send(request("/" + name)).body());
  }

  // ---- events

  HttpRequest.Builder pulling(String name, int max, int waitMs) {
    return request("/" + name + "/pull?max=" + max + "&waitMs=" + waitMs)
        .POST(HttpRequest.BodyPublishers.noBody());
  }

  /** What comes within ten seconds, as a batch; nothing for 204. */
  List<JsonObject> pull(String name, int max) {
    return events(send(pulling(name, max, 10_000).header("accept", BATCH)));
  }

  /** The one that comes. */
  JsonObject pullOne(String name) {
    return pull(name, 1).get(0);
  }

  /** What is there now. */
  List<JsonObject> peek(String name) {
    return events(send(pulling(name, 10, 0).header("accept", BATCH)));
  }

  static List<JsonObject> events(HttpResponse<String> reply) {
    List<JsonObject> events = new ArrayList<>();
    if (reply.statusCode() != 204) {
      assertThat(reply.statusCode()).as(reply.body()).isEqualTo(200);
      assertThat(reply.headers().firstValue("content-type")).hasValue(BATCH);
      new JsonArray(reply.body()).forEach(e -> events.add((JsonObject) e));
    }
    return events;
  }

  /** An event with JSON. */
  static EventEnvelope.Builder n(String name, int n) {
    ByteString json = ByteString.copyFromUtf8("{\"n\":" + n + ".50}");
    return event(name).setPayload(json).setPayloadJson(json);
  }

  // ---- answers

  List<String> settle(String name, JsonObject answers) {
    HttpResponse<String> reply = send(request("/" + name + "/ack").POST(json(answers)));
    assertThat(reply.statusCode()).as(reply.body()).isEqualTo(200);
    return new JsonObject(reply.body())
        .getJsonArray("results").stream().map(r -> ((JsonObject) r).getString("status")).toList();
  }

  /** With one list of one entry. */
  List<String> settle(String name, String list, Object entry) {
    return settle(name, new JsonObject().put(list, new JsonArray().add(entry)));
  }

  List<String> ack(String name, JsonObject... events) {
    JsonArray tokens = new JsonArray();
    List.of(events).forEach(e -> tokens.add(delivery(e)));
    return settle(name, new JsonObject().put("ack", tokens));
  }

  static String delivery(JsonObject event) {
    return event.getString("trestledelivery");
  }

  // ---- what operators see

  JsonObject lag(String name) {
    return admin("Lag").getJsonArray("consumers").stream()
        .map(c -> (JsonObject) c)
        .filter(c -> c.getString("group").equals(name))
        .findFirst()
        .orElseThrow();
  }

  int pending(String name) {
    return lag(name).getInteger("pending");
  }

  JsonArray letters() {
    return admin("ListDeadLetters").getJsonArray("deadLetters");
  }

  /** Requests that wait for events, as of the last second. */
  int waiting() {
    return wire.scrape()
        .lines()
        .filter(line -> line.startsWith("sb_event_polls_waiting "))
        .mapToInt(line -> (int) Double.parseDouble(line.substring(line.lastIndexOf(" "))))
        .findFirst()
        .orElse(-1);
  }
}
