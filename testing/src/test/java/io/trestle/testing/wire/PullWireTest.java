package io.trestle.testing.wire;

import static io.trestle.testing.wire.EventsWireTest.event;
import static io.trestle.testing.wire.EventsWireTest.publish;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.trestle.protocol.v1.EventEnvelope;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Consumers that fetch their events over HTTP, against the real kernel. */
class PullWireTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();
  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  private static final String BATCH = "application/cloudevents-batch+json";

  private final HttpClient http = HttpClient.newHttpClient();
  private final ServiceKey publisher = WIRE.service();
  private final ServiceKey consumer = WIRE.service();
  private final String token = token(consumer, "subscribe");

  private static JsonObject admin(String procedure, JsonObject request) {
    return TRESTLE.kernel().admin().ok("EventsService/" + procedure, request);
  }

  private static String token(ServiceKey of, String scope) {
    return admin("CreateToken", new JsonObject().put("service", of.name()).put("scope", scope))
        .getString("token");
  }

  private static URI uri(String path) {
    return URI.create(TRESTLE.kernel().http().get(0)).resolve("/events/subscriptions" + path);
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(uri(path))
        .timeout(Duration.ofSeconds(30))
        .header("authorization", "Bearer " + token);
  }

  private HttpResponse<String> send(HttpRequest.Builder request) {
    try {
      return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static HttpRequest.BodyPublisher json(JsonObject body) {
    return HttpRequest.BodyPublishers.ofString(body.encode());
  }

  private HttpResponse<String> put(String name, JsonObject definition) {
    return send(request("/" + name).PUT(json(definition)));
  }

  private void subscribe(String name, String... patterns) {
    assertThat(put(name, patterns(patterns)).statusCode()).isEqualTo(201);
  }

  private static JsonObject patterns(String... patterns) {
    return new JsonObject().put("patterns", new JsonArray(List.of(patterns)));
  }

  private HttpRequest.Builder pulling(String name, int max, int waitMs) {
    return request("/" + name + "/pull?max=" + max + "&waitMs=" + waitMs)
        .POST(HttpRequest.BodyPublishers.noBody());
  }

  /** What comes within ten seconds, as a batch; nothing for 204. */
  private List<JsonObject> pull(String name, int max) {
    return events(send(pulling(name, max, 10_000).header("accept", BATCH)));
  }

  /** What is there now. */
  private List<JsonObject> peek(String name) {
    return events(send(pulling(name, 10, 0).header("accept", BATCH)));
  }

  private static List<JsonObject> events(HttpResponse<String> reply) {
    List<JsonObject> events = new ArrayList<>();
    if (reply.statusCode() != 204) {
      assertThat(reply.statusCode()).as(reply.body()).isEqualTo(200);
      assertThat(reply.headers().firstValue("content-type")).hasValue(BATCH);
      new JsonArray(reply.body()).forEach(e -> events.add((JsonObject) e));
    }
    return events;
  }

  private List<String> settle(String name, JsonObject answers) {
    HttpResponse<String> reply = send(request("/" + name + "/ack").POST(json(answers)));
    assertThat(reply.statusCode()).as(reply.body()).isEqualTo(200);
    return new JsonObject(reply.body())
        .getJsonArray("results").stream().map(r -> ((JsonObject) r).getString("status")).toList();
  }

  private List<String> ack(String name, JsonObject... events) {
    JsonArray tokens = new JsonArray();
    List.of(events).forEach(e -> tokens.add(delivery(e)));
    return settle(name, new JsonObject().put("ack", tokens));
  }

  private static String delivery(JsonObject event) {
    return event.getString("trestledelivery");
  }

  private JsonObject lag(String name) {
    return admin("Lag", new JsonObject().put("service", consumer.name()))
        .getJsonArray("consumers")
        .stream()
        .map(c -> (JsonObject) c)
        .filter(c -> c.getString("group").equals(name))
        .findFirst()
        .orElseThrow();
  }

  private JsonArray letters() {
    return admin("ListDeadLetters", new JsonObject().put("service", consumer.name()))
        .getJsonArray("deadLetters");
  }

  /** Requests that wait for events, as of the last second. */
  private static int waiting() {
    String scrape = ((PrometheusMeterRegistry) TRESTLE.kernel().trestle().meters()).scrape();
    return scrape
        .lines()
        .filter(line -> line.startsWith("sb_event_polls_waiting "))
        .mapToInt(line -> (int) Double.parseDouble(line.substring(line.lastIndexOf(" "))))
        .findFirst()
        .orElse(-1);
  }

  private static EventEnvelope.Builder n(String name, int n) {
    ByteString json = ByteString.copyFromUtf8("{\"n\":" + n + ".50}");
    return event(name).setPayload(json).setPayloadJson(json);
  }

  @Test
  void batch_carriesEventsAsTheyWerePublished_andIsFinishedByItsTokens() {
    subscribe("inbox", "pull.*");
    WireInstance from = WIRE.connected(publisher);
    EventEnvelope.Builder first = n("pull.a", 1).setPartitionKey("k").putHeaders("tenant", "eu");
    EventEnvelope.Builder bytes =
        event("pull.b")
            .setPayload(ByteString.copyFrom(new byte[] {0, 1, (byte) 0xff}))
            .setContractHash("v2:x");
    publish(from, first, bytes, event("other.a"));

    List<JsonObject> got = new ArrayList<>();
    await().until(() -> got.addAll(pull("inbox", 100)) && got.size() == 2);
    got.sort(Comparator.comparing(e -> e.getString("type")));

    JsonObject json = got.get(0);
    assertThat(json.getString("specversion")).isEqualTo("1.0");
    assertThat(json.getString("id")).isEqualTo(first.getId());
    assertThat(json.getString("source")).isEqualTo("/" + publisher.name());
    assertThat(json.getString("type")).isEqualTo("pull.a");
    assertThat(json.getString("partitionkey")).isEqualTo("k");
    assertThat(json.getString("tenant")).isEqualTo("eu");
    assertThat(json.getInteger("trestleattempt")).isEqualTo(1);
    assertThat(json.getJsonObject("data").encode()).isEqualTo("{\"n\":1.5}");
    assertThat(got.get(1).getString("data_base64")).isEqualTo("AAH/");
    assertThat(got.get(1).getString("datacontenttype")).isEqualTo("application/protobuf");
    assertThat(lag("inbox").getInteger("inFlight")).isEqualTo(2);
    assertThat(peek("inbox")).isEmpty();

    assertThat(ack("inbox", json, got.get(1))).containsExactly("done", "done");
    assertThat(ack("inbox", json)).containsExactly("unknown");
    assertThat(settle("inbox", new JsonObject().put("ack", new JsonArray().add("x"))))
        .containsExactly("unknown");
    assertThat(lag("inbox").getInteger("pending")).isZero();
    await()
        .until(
            () ->
                TRESTLE
                        .kernel()
                        .sql()
                        .count(
                            "SELECT count(*) FROM event_deliveries WHERE event_id = ?::uuid"
                                + " AND group_name = 'inbox' AND status = 'success'",
                            first.getId())
                    == 1);
  }

  @Test
  void streamOfTheService_getsNothingOfASubscriptionThatFetches() {
    WireSubscriber stream = WireSubscriber.of(WIRE.connected(consumer), 8, "mine.*");
    subscribe("beside", "beside.*");
    publish(WIRE.connected(publisher), event("beside.a"), event("mine.a"));

    await().until(() -> pull("beside", 10).size() == 1);
    assertThat(stream.delivery(1).getEnvelope().getName()).isEqualTo("mine.a");
    assertThat(peek("beside")).isEmpty();
  }

  @Test
  void single_isInBinaryMode_orStructuredIfAskedFor_andCloudEventsComeBackAsTheyWere() {
    subscribe("one", "single.*");
    String publishing = token(publisher, "publish");
    HttpResponse<String> published =
        send(
            HttpRequest.newBuilder(uri("").resolve("/events"))
                .header("authorization", "Bearer " + publishing)
                .header("content-type", "text/plain")
                .header("ce-specversion", "1.0")
                .header("ce-id", "17")
                .header("ce-source", "/shop")
                .header("ce-type", "single.text")
                .header("ce-subject", "Euro%20%E2%82%AC")
                .header("ce-time", "2025-11-21T08:00:00Z")
                .POST(HttpRequest.BodyPublishers.ofString("Grüße")));
    assertThat(published.statusCode()).isEqualTo(202);

    HttpResponse<String> binary = send(pulling("one", 1, 10_000));
    assertThat(binary.statusCode()).isEqualTo(200);
    assertThat(binary.body()).isEqualTo("Grüße");
    assertThat(binary.headers().map())
        .containsEntry("content-type", List.of("text/plain"))
        .containsEntry("ce-id", List.of("17"))
        .containsEntry("ce-source", List.of("/shop"))
        .containsEntry("ce-type", List.of("single.text"))
        .containsEntry("ce-subject", List.of("Euro%20%E2%82%AC"))
        .containsEntry("ce-time", List.of("2025-11-21T08:00:00Z"));
    String delivery = binary.headers().firstValue("ce-trestledelivery").orElseThrow();
    JsonObject retry = new JsonObject().put("token", delivery).put("delayMs", 0);
    assertThat(settle("one", new JsonObject().put("retry", new JsonArray().add(retry))))
        .containsExactly("done");

    HttpResponse<String> structured =
        send(pulling("one", 1, 10_000).header("accept", "application/cloudevents+json"));
    JsonObject event = new JsonObject(structured.body());
    assertThat(event.getString("data")).isEqualTo("Grüße");
    assertThat(event.getString("subject")).isEqualTo("Euro €");
    assertThat(event.getInteger("trestleattempt")).isEqualTo(2);
    assertThat(ack("one", event)).containsExactly("done");
  }

  @Test
  void longPoll_isAnsweredWhenAnEventComes_andWithNothingWhenNoneDoes() {
    subscribe("wait", "wait.*");
    CompletableFuture<HttpResponse<String>> waiting =
        http.sendAsync(
            pulling("wait", 10, 20_000).header("accept", BATCH).build(),
            HttpResponse.BodyHandlers.ofString());
    await().until(() -> lag("wait").getJsonArray("streams").size() == 1);
    WireInstance from = WIRE.connected(publisher);
    publish(from, n("wait.a", 1));

    JsonObject got = events(waiting.join()).get(0);
    assertThat(got.getString("type")).isEqualTo("wait.a");
    assertThat(send(pulling("wait", 10, 200)).statusCode()).isEqualTo(204);
    assertThat(ack("wait", got)).containsExactly("done");
  }

  @Test
  void rejected_isADeadLetter_thatIsReplayedToTheSubscriptionAlone() {
    subscribe("letters", "letter.*");
    WireSubscriber beside = WireSubscriber.of(WIRE.connected(consumer), 8, "letter.*");
    publish(WIRE.connected(publisher), n("letter.a", 1));
    beside.ack(beside.delivery(1));
    JsonObject got = pull("letters", 1).get(0);

    JsonObject reject = new JsonObject().put("token", delivery(got)).put("reason", "no thanks");
    assertThat(settle("letters", new JsonObject().put("reject", new JsonArray().add(reject))))
        .containsExactly("done");

    await().until(() -> letters().size() == 1);
    JsonObject letter = letters().getJsonObject(0);
    assertThat(letter.getString("group")).isEqualTo("letters");
    assertThat(letter.getString("lastError")).isEqualTo("no thanks");
    admin("ReplayDeadLetters", new JsonObject().put("service", consumer.name()));
    JsonObject again = pull("letters", 1).get(0);
    assertThat(again.getString("id")).isEqualTo(got.getString("id"));
    assertThat(again.getInteger("trestleattempt")).isEqualTo(1);
    assertThat(ack("letters", again)).containsExactly("done");
    assertThat(beside.deliveries()).hasSize(1);
  }

  @Test
  void lease_thatIsOver_countsAsAnAttempt_bySettingsOfTheSubscription() {
    JsonObject definition =
        patterns("lease.*")
            .put("leaseMs", 1_000)
            .put("maxAttempts", 2)
            .put("retryMs", new JsonArray().add(0));
    assertThat(put("lease", definition).statusCode()).isEqualTo(201);
    publish(WIRE.connected(publisher), n("lease.a", 1));

    JsonObject first = pull("lease", 1).get(0);
    JsonObject second = pull("lease", 1).get(0);
    assertThat(second.getInteger("trestleattempt")).isEqualTo(2);
    assertThat(ack("lease", first)).containsExactly("unknown");
    await().until(() -> letters().size() == 1);
    assertThat(letters().getJsonObject(0).getString("reason")).isEqualTo("max_attempts");
    assertThat(letters().getJsonObject(0).getString("lastError")).isEqualTo("visibility timeout");
    assertThat(lag("lease").getInteger("pending")).isZero();
  }

  @Test
  void clientThatGoesAwayWhileItWaits_costsNothing() throws IOException {
    subscribe("gone", "gone.*");
    URI uri = uri("");
    try (Socket socket = new Socket(uri.getHost(), uri.getPort())) {
      OutputStream out = socket.getOutputStream();
      out.write(
          ("POST /events/subscriptions/gone/pull?waitMs=20000 HTTP/1.1\r\nhost: x\r\n"
                  + "authorization: Bearer "
                  + token
                  + "\r\ncontent-length: 0\r\n\r\n")
              .getBytes(StandardCharsets.US_ASCII));
      out.flush();
      await().until(() -> waiting() == 1);
    }
    await().until(() -> waiting() == 0);
    publish(WIRE.connected(publisher), n("gone.a", 1));
    JsonObject got = pull("gone", 1).get(0);

    assertThat(got.getInteger("trestleattempt")).isEqualTo(1);
    assertThat(ack("gone", got)).containsExactly("done");
  }

  private CompletableFuture<HttpResponse<String>> waiting(String name, String as) {
    return http.sendAsync(
        pulling(name, 10, 20_000)
            .header("accept", BATCH)
            .setHeader("authorization", "Bearer " + as)
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static void assertEnded(
      CompletableFuture<HttpResponse<String>> waiting, int status, String message) {
    HttpResponse<String> reply = waiting.join();
    assertThat(reply.statusCode()).as(reply.body()).isEqualTo(status);
    assertThat(new JsonObject(reply.body()).getString("message")).isEqualTo(message);
  }

  @Test
  void tokenThatIsRevokedWhileItWaits_isToldAtOnce_andOthersWaitOn() {
    subscribe("revoked", "revoked.*");
    JsonObject service = new JsonObject().put("service", consumer.name());
    JsonObject made = admin("CreateToken", service.copy().put("scope", "both"));
    CompletableFuture<HttpResponse<String>> ended = waiting("revoked", made.getString("token"));
    CompletableFuture<HttpResponse<String>> stays = waiting("revoked", token);
    await().until(() -> waiting() == 2);

    admin("RevokeTokens", service.copy().put("id", made.getString("id")));

    assertEnded(ended, 401, "the token was revoked");
    await().until(() -> waiting() == 1);
    assertThat(stays).isNotDone();
    publish(WIRE.connected(publisher), n("revoked.a", 1));
    JsonObject got = events(stays.join()).get(0);
    assertThat(got.getInteger("trestleattempt")).isEqualTo(1);
    assertThat(ack("revoked", got)).containsExactly("done");
  }

  @Test
  void serviceThatIsRevokedOrDeletedWhileItWaits_isToldSo() {
    subscribe("out", "out.*");
    CompletableFuture<HttpResponse<String>> revoked = waiting("out", token);
    await().until(() -> waiting() == 1);
    TRESTLE.kernel().admin().revokeService(consumer.id());
    assertEnded(revoked, 401, "the service is revoked");

    TRESTLE
        .kernel()
        .admin()
        .ok("ServiceService/Activate", new JsonObject().put("id", consumer.id()));
    await().until(() -> send(request("/out")).statusCode() == 200);
    CompletableFuture<HttpResponse<String>> deleted = waiting("out", token);
    await().until(() -> waiting() == 1);
    TRESTLE.kernel().sql().update("DELETE FROM services WHERE id = ?::uuid", consumer.id());
    assertEnded(deleted, 401, "the service is revoked");
  }

  @Test
  void kernelThatStops_answersWhoeverWaits_andGivesItsEventsOutAgainLater() {
    subscribe("drain", "drain.*");
    List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      all.add(waiting("drain", token));
    }
    await().until(() -> waiting() == 20);

    TRESTLE.kernel().stop();

    for (CompletableFuture<HttpResponse<String>> one : all) {
      assertEnded(one, 503, "the runtime is stopping, try again");
      assertThat(one.join().headers().firstValue("retry-after")).hasValue("1");
    }
    TRESTLE.kernel().run();
    publish(WIRE.connected(publisher), n("drain.a", 1));
    assertThat(pull("drain", 1).get(0).getInteger("trestleattempt")).isEqualTo(1);
  }

  @Test
  void inFlight_isBounded_andFreedByAnswers_lanesKeepTheirOrder() {
    assertThat(put("few", patterns("few.*").put("maxInFlight", 2)).statusCode()).isEqualTo(201);
    WireInstance from = WIRE.connected(publisher);
    for (int i = 0; i < 4; i++) {
      publish(from, n("few.a", i));
    }
    for (int i = 0; i < 3; i++) {
      publish(from, n("few.lane", i).setPartitionKey("k"));
    }
    List<JsonObject> lane = new ArrayList<>();
    int unkeyed = 0;
    while (lane.size() + unkeyed < 7) {
      List<JsonObject> got = pull("few", 10);
      assertThat(got).hasSizeBetween(1, 2);
      assertThat(got.stream().filter(e -> e.containsKey("partitionkey")).count())
          .isLessThanOrEqualTo(1);
      for (JsonObject event : got) {
        if (event.containsKey("partitionkey")) {
          lane.add(event);
        } else {
          unkeyed++;
        }
        ack("few", event);
      }
    }
    assertThat(lane.stream().map(e -> e.getJsonObject("data").getDouble("n").intValue()))
        .containsExactly(0, 1, 2);
  }

  @Test
  void filter_decidesWhatIsThere_andAChangeTakesEffectAtOnce() {
    JsonObject eur = patterns("filt.*").put("filter", new JsonObject().put("$.n", 2.5));
    assertThat(put("filt", eur).statusCode()).isEqualTo(201);
    WireInstance from = WIRE.connected(publisher);
    publish(from, n("filt.a", 1), n("filt.a", 2));
    JsonObject got = pull("filt", 10).get(0);
    assertThat(got.getJsonObject("data").getDouble("n")).isEqualTo(2.5);
    ack("filt", got);

    HttpResponse<String> changed = put("filt", patterns("filt.b", "filt.c"));
    assertThat(changed.statusCode()).isEqualTo(200);
    publish(from, n("filt.a", 2), n("filt.b", 3));
    assertThat(pull("filt", 10).get(0).getString("type")).isEqualTo("filt.b");
    JsonObject shown = new JsonObject(send(request("/filt")).body());
    assertThat(shown.getJsonArray("patterns")).containsExactly("filt.b", "filt.c");
    assertThat(shown.containsKey("filter")).isFalse();
    assertThat(shown.getInteger("pending")).isEqualTo(1);
    JsonObject consumers =
        admin("ListSubscriptions", new JsonObject().put("service", consumer.name()));
    assertThat(consumers.encode()).contains("\"group\":\"filt\"").contains("filt.b");
  }

  @Test
  void answer_isBoundedInBytes_andWhatDoesNotFitIsAsIfItHadNotBeenHandedOut() {
    subscribe("big", "big.*");
    WireInstance from = WIRE.connected(publisher);
    ByteString large = ByteString.copyFrom(new byte[900 << 10]);
    for (int i = 0; i < 6; i++) {
      publish(from, event("big.a").setPayload(large).clearPayloadJson().setContractHash("v2:x"));
    }
    await().until(() -> lag("big").getInteger("pending") == 6);
    List<JsonObject> got = new ArrayList<>();
    while (got.size() < 6) {
      List<JsonObject> answer = pull("big", 10);
      assertThat(answer).hasSizeBetween(1, 4);
      got.addAll(answer);
    }
    assertThat(got).allMatch(e -> e.getInteger("trestleattempt") == 1);
    assertThat(ack("big", got.toArray(JsonObject[]::new))).containsOnly("done");
    assertThat(
            TRESTLE
                .kernel()
                .sql()
                .count(
                    "SELECT count(*) FROM event_troubles t JOIN event_consumers c"
                        + " ON c.number = t.consumer WHERE c.owner_id = ?::uuid",
                    consumer.id()))
        .isZero();
  }

  @Test
  void headersOfPublishers_cannotBreakAnAnswer() {
    subscribe("odd", "odd.*");
    publish(
        WIRE.connected(publisher),
        n("odd.a", 1)
            .putHeaders("ce-datacontenttype", "text/plain\r\nx: y")
            .putHeaders("ce-time", "yesterday\r\n")
            .putHeaders("ce-subject", "a\r\nb \u20ac")
            .putHeaders("trestledelivery", "forged")
            .putHeaders("X-Odd\n", "z"));

    HttpResponse<String> got = send(pulling("odd", 1, 10_000));
    assertThat(got.statusCode()).isEqualTo(200);
    assertThat(got.headers().firstValue("content-type")).hasValue("application/json");
    assertThat(got.headers().firstValue("ce-subject")).hasValue("a%0D%0Ab%20%E2%82%AC");
    assertThat(got.headers().firstValue("ce-trestleheaders").orElseThrow())
        .contains("trestledelivery")
        .contains("X-Odd");
    String delivery = got.headers().firstValue("ce-trestledelivery").orElseThrow();
    assertThat(settle("odd", new JsonObject().put("ack", new JsonArray().add(delivery))))
        .containsExactly("done");
  }

  @Test
  void deleted_isUnknown_andWhatWaitedForIt_isADeadLetter() {
    subscribe("del", "del.*");
    WireInstance from = WIRE.connected(publisher);
    publish(from, n("del.a", 1), n("del.a", 2));
    await().until(() -> lag("del").getInteger("pending") == 2);
    CompletableFuture<HttpResponse<String>> waiting = waitingAfterTwo();

    assertThat(send(request("/del").DELETE()).statusCode()).isEqualTo(204);

    assertThat(waiting.join().statusCode()).isEqualTo(404);
    assertThat(send(pulling("del", 1, 0)).statusCode()).isEqualTo(404);
    assertThat(send(request("/del").DELETE()).statusCode()).isEqualTo(404);
    publish(from, n("del.a", 3));
    await().until(() -> letters().size() == 1);
    assertThat(letters().getJsonObject(0).getString("reason")).isEqualTo("orphaned_pattern");
    assertThat(new JsonObject(send(request("")).body()).getJsonArray("subscriptions")).isEmpty();
  }

  /** One of two is finished, the other is put off, and somebody waits. */
  private CompletableFuture<HttpResponse<String>> waitingAfterTwo() {
    List<JsonObject> got = new ArrayList<>();
    await().until(() -> got.addAll(pull("del", 10)) && got.size() == 2);
    ack("del", got.get(0));
    JsonObject later = new JsonObject().put("token", delivery(got.get(1))).put("delayMs", 60_000);
    settle("del", new JsonObject().put("retry", new JsonArray().add(later)));
    CompletableFuture<HttpResponse<String>> waiting =
        http.sendAsync(pulling("del", 1, 20_000).build(), HttpResponse.BodyHandlers.ofString());
    await().until(() -> waiting() == 1);
    return waiting;
  }

  @Test
  void restart_keepsSubscriptions_whatWaits_andWhatIsFinished() {
    subscribe("stay", "stay.*");
    WireInstance from = WIRE.connected(publisher);
    publish(from, n("stay.a", 1), n("stay.a", 2), n("stay.a", 3));
    JsonObject first = pull("stay", 1).get(0);
    JsonObject held = pull("stay", 1).get(0);
    assertThat(ack("stay", first)).containsExactly("done");
    JsonObject before = new JsonObject(send(request("/stay")).body());

    TRESTLE.kernel().stop();
    TRESTLE.kernel().run();

    JsonObject after = new JsonObject(send(request("/stay")).body());
    assertThat(after.getJsonArray("patterns")).isEqualTo(before.getJsonArray("patterns"));
    assertThat(after.getInteger("pending")).isEqualTo(2);
    assertThat(ack("stay", held)).as("of another life").containsExactly("unknown");
    List<JsonObject> got = new ArrayList<>();
    await().until(() -> got.addAll(pull("stay", 10)) && got.size() == 2);
    assertThat(got.stream().map(e -> e.getInteger("trestleattempt"))).containsOnly(1);
    publish(WIRE.connected(publisher), n("stay.a", 4));
    assertThat(pull("stay", 10)).hasSize(1);
  }

  @Test
  void policy_decidesAsForStreams() {
    subscribe("pol", "pol.*");
    WireInstance from = WIRE.connected(publisher);
    TRESTLE
        .kernel()
        .admin()
        .ok(
            "PolicyService/Set",
            new JsonObject()
                .put("name", consumer.name())
                .put("rules", new JsonObject().put("event.handle", new JsonArray().add("pol.b"))));
    publish(from, n("pol.a", 1), n("pol.b", 2));
    assertThat(pull("pol", 10)).singleElement().matches(e -> e.getString("type").equals("pol.b"));

    TRESTLE.kernel().admin().revokeService(consumer.id());
    await().until(() -> send(pulling("pol", 1, 0)).statusCode() == 401);
    publish(from, n("pol.b", 3));
    assertThat(lag("pol").getInteger("pending")).isEqualTo(1);
  }

  @Test
  void wrongRequests_areRefusedWithWhatWasExpected() {
    subscribe("bad", "bad.*");
    for (JsonObject wrong :
        List.of(
            new JsonObject(),
            patterns(),
            patterns("a..b"),
            patterns("a", "a"),
            patterns("a").put("pattern", "x"),
            patterns("a").put("filter", 5),
            patterns("a").put("filter", new JsonObject().put("no path", 1)),
            patterns("a").put("maxInFlight", 1_025),
            patterns("a").put("leaseMs", 999),
            patterns("a").put("maxAttempts", 0),
            patterns("a").put("maxAttempts", "3"),
            patterns("a").put("retryMs", new JsonArray().add(-1)))) {
      HttpResponse<String> reply = put("bad", wrong);
      assertThat(reply.statusCode()).as(wrong.encode()).isEqualTo(400);
      assertThat(new JsonObject(reply.body()).getString("message")).isNotEmpty();
    }
    assertThat(put("No!", patterns("a")).statusCode()).isEqualTo(400);
    assertThat(send(pulling("bad", 101, 0)).statusCode()).isEqualTo(400);
    assertThat(send(pulling("bad", 1, 20_001)).statusCode()).isEqualTo(400);
    assertThat(
            send(request("/bad/pull?most=1").POST(HttpRequest.BodyPublishers.noBody()))
                .statusCode())
        .isEqualTo(400);
    assertThat(send(request("/bad/pull")).statusCode()).isEqualTo(405);
    assertThat(send(request("/bad/ack").POST(json(new JsonObject()))).statusCode()).isEqualTo(400);
    assertThat(send(request("/bad/x")).statusCode()).isEqualTo(404);
    assertThat(send(request("/none")).statusCode()).isEqualTo(404);
    HttpRequest stranger = HttpRequest.newBuilder(uri("/bad")).GET().build();
    assertThat(http.sendAsync(stranger, HttpResponse.BodyHandlers.ofString()).join().statusCode())
        .isEqualTo(401);
    String foreign = token(publisher, "subscribe");
    HttpRequest other =
        HttpRequest.newBuilder(uri("/bad")).header("authorization", "Bearer " + foreign).build();
    assertThat(http.sendAsync(other, HttpResponse.BodyHandlers.ofString()).join().statusCode())
        .isEqualTo(404);
  }
}
