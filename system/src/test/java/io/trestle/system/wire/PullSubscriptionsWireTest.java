package io.trestle.system.wire;

import static io.trestle.system.wire.EventsWireTest.publish;
import static io.trestle.system.wire.PullClient.BATCH;
import static io.trestle.system.wire.PullClient.delivery;
import static io.trestle.system.wire.PullClient.events;
import static io.trestle.system.wire.PullClient.json;
import static io.trestle.system.wire.PullClient.n;
import static io.trestle.system.wire.PullClient.patterns;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What happens to subscriptions that are fetched from, and to requests that wait. */
class PullSubscriptionsWireTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();
  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  private final ServiceKey publisher = WIRE.service();
  private final ServiceKey consumer = WIRE.service();
  private final PullClient client = new PullClient(WIRE, consumer);

  @Test
  void longPoll_isAnsweredWhenAnEventComes_andWithNothingWhenNoneDoes() {
    client.subscribe("wait", "wait.*");
    CompletableFuture<HttpResponse<String>> waiting =
        client.begin(client.pulling("wait", 10, 20_000).header("accept", BATCH));
    await().until(() -> client.lag("wait").getJsonArray("streams").size() == 1);
    WireInstance from = WIRE.connected(publisher);
    publish(from, n("wait.a", 1));

    JsonObject got = events(waiting.join()).get(0);
    assertThat(got.getString("type")).isEqualTo("wait.a");
    assertThat(client.status(client.pulling("wait", 10, 200))).isEqualTo(204);
    assertThat(client.ack("wait", got)).containsExactly("done");
  }

  @Test
  void clientThatGoesAwayWhileItWaits_costsNothing() throws IOException {
    client.subscribe("gone", "gone.*");
    URI uri = client.uri("");
    try (Socket socket = new Socket(uri.getHost(), uri.getPort())) {
      OutputStream out = socket.getOutputStream();
      out.write(
          ("POST /events/subscriptions/gone/pull?waitMs=20000 HTTP/1.1\r\nhost: x\r\n"
                  + "authorization: Bearer "
                  + client.token()
                  + "\r\ncontent-length: 0\r\n\r\n")
              .getBytes(StandardCharsets.US_ASCII));
      out.flush();
      await().until(() -> client.waiting() == 1);
    }
    await().until(() -> client.waiting() == 0);
    publish(WIRE.connected(publisher), n("gone.a", 1));
    JsonObject got = client.pullOne("gone");

    assertThat(got.getInteger("trestleattempt")).isEqualTo(1);
    assertThat(client.ack("gone", got)).containsExactly("done");
  }

  private CompletableFuture<HttpResponse<String>> waiting(String name, String token) {
    return client.begin(
        client
            .pulling(name, 10, 20_000)
            .header("accept", BATCH)
            .setHeader("authorization", "Bearer " + token));
  }

  private static void assertEnded(
      CompletableFuture<HttpResponse<String>> waiting, int status, String message) {
    HttpResponse<String> reply = waiting.join();
    assertThat(reply.statusCode()).as(reply.body()).isEqualTo(status);
    assertThat(new JsonObject(reply.body()).getString("message")).isEqualTo(message);
  }

  @Test
  void tokenThatIsRevokedWhileItWaits_isToldAtOnce_andOthersWaitOn() {
    client.subscribe("revoked", "revoked.*");
    JsonObject made = client.admin("CreateToken", new JsonObject().put("scope", "both"));
    CompletableFuture<HttpResponse<String>> ended = waiting("revoked", made.getString("token"));
    CompletableFuture<HttpResponse<String>> stays = waiting("revoked", client.token());
    await().until(() -> client.waiting() == 2);

    client.admin("RevokeTokens", new JsonObject().put("id", made.getString("id")));

    assertEnded(ended, 401, "the token was revoked");
    await().until(() -> client.waiting() == 1);
    assertThat(stays).isNotDone();
    publish(WIRE.connected(publisher), n("revoked.a", 1));
    JsonObject got = events(stays.join()).get(0);
    assertThat(got.getInteger("trestleattempt")).isEqualTo(1);
    assertThat(client.ack("revoked", got)).containsExactly("done");
  }

  @Test
  void serviceThatIsRevokedOrDeletedWhileItWaits_isToldSo() {
    client.subscribe("out", "out.*");
    CompletableFuture<HttpResponse<String>> revoked = waiting("out", client.token());
    await().until(() -> client.waiting() == 1);
    TRESTLE.kernel().admin().revokeService(consumer.id());
    assertEnded(revoked, 401, "the service is revoked");

    TRESTLE
        .kernel()
        .admin()
        .ok("ServiceService/Activate", new JsonObject().put("id", consumer.id()));
    await().until(() -> client.status(client.request("/out")) == 200);
    CompletableFuture<HttpResponse<String>> deleted = waiting("out", client.token());
    await().until(() -> client.waiting() == 1);
    TRESTLE.kernel().sql().update("DELETE FROM services WHERE id = ?::uuid", consumer.id());
    assertEnded(deleted, 401, "the service is revoked");
  }

  @Test
  void kernelThatStops_answersWhoeverWaits_andGivesItsEventsOutAgainLater() {
    client.subscribe("drain", "drain.*");
    List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      all.add(waiting("drain", client.token()));
    }
    await().until(() -> client.waiting() == 20);

    TRESTLE.kernel().stop();

    for (CompletableFuture<HttpResponse<String>> one : all) {
      assertEnded(one, 503, "the runtime is stopping, try again");
      assertThat(one.join().headers().firstValue("retry-after")).hasValue("1");
    }
    TRESTLE.kernel().run();
    publish(WIRE.connected(publisher), n("drain.a", 1));
    assertThat(client.pullOne("drain").getInteger("trestleattempt")).isEqualTo(1);
  }

  @Test
  void filter_decidesWhatIsThere_andAChangeTakesEffectAtOnce() {
    JsonObject eur = patterns("filt.*").put("filter", new JsonObject().put("$.n", 2.5));
    client.subscribe("filt", eur);
    WireInstance from = WIRE.connected(publisher);
    publish(from, n("filt.a", 1), n("filt.a", 2));
    JsonObject got = client.pull("filt", 10).get(0);
    assertThat(got.getJsonObject("data").getDouble("n")).isEqualTo(2.5);
    client.ack("filt", got);

    HttpResponse<String> changed = client.put("filt", patterns("filt.b", "filt.c"));
    assertThat(changed.statusCode()).isEqualTo(200);
    publish(from, n("filt.a", 2), n("filt.b", 3));
    assertThat(client.pull("filt", 10).get(0).getString("type")).isEqualTo("filt.b");
    JsonObject shown = client.shown("filt");
    assertThat(shown.getJsonArray("patterns")).containsExactly("filt.b", "filt.c");
    assertThat(shown.containsKey("filter")).isFalse();
    assertThat(shown.getInteger("pending")).isEqualTo(1);
    JsonObject consumers = client.admin("ListSubscriptions");
    assertThat(consumers.encode()).contains("\"group\":\"filt\"").contains("filt.b");
  }

  @Test
  void deleted_isUnknown_andWhatWaitedForIt_isADeadLetter() {
    client.subscribe("del", "del.*");
    WireInstance from = WIRE.connected(publisher);
    publish(from, n("del.a", 1), n("del.a", 2));
    await().until(() -> client.pending("del") == 2);
    CompletableFuture<HttpResponse<String>> waiting = waitingAfterTwo();

    assertThat(client.status(client.request("/del").DELETE())).isEqualTo(204);

    assertThat(waiting.join().statusCode()).isEqualTo(404);
    assertThat(client.status(client.pulling("del", 1, 0))).isEqualTo(404);
    assertThat(client.status(client.request("/del").DELETE())).isEqualTo(404);
    publish(from, n("del.a", 3));
    await().until(() -> client.letters().size() == 1);
    assertThat(client.letters().getJsonObject(0).getString("reason")).isEqualTo("orphaned_pattern");
    assertThat(new JsonObject(client.send(client.request("")).body()).getJsonArray("subscriptions"))
        .isEmpty();
  }

  /** One of two is finished, the other is put off, and somebody waits. */
  private CompletableFuture<HttpResponse<String>> waitingAfterTwo() {
    List<JsonObject> got = new ArrayList<>();
    await().until(() -> got.addAll(client.pull("del", 10)) && got.size() == 2);
    client.ack("del", got.get(0));
    JsonObject later = new JsonObject().put("token", delivery(got.get(1))).put("delayMs", 60_000);
    client.settle("del", "retry", later);
    CompletableFuture<HttpResponse<String>> waiting =
        client.begin(client.pulling("del", 1, 20_000));
    await().until(() -> client.waiting() == 1);
    return waiting;
  }

  @Test
  void restart_keepsSubscriptions_whatWaits_andWhatIsFinished() {
    client.subscribe("stay", "stay.*");
    WireInstance from = WIRE.connected(publisher);
    publish(from, n("stay.a", 1), n("stay.a", 2), n("stay.a", 3));
    JsonObject first = client.pullOne("stay");
    JsonObject held = client.pullOne("stay");
    assertThat(client.ack("stay", first)).containsExactly("done");
    JsonObject before = client.shown("stay");

    TRESTLE.kernel().stop();
    TRESTLE.kernel().run();

    JsonObject after = client.shown("stay");
    assertThat(after.getJsonArray("patterns")).isEqualTo(before.getJsonArray("patterns"));
    assertThat(after.getInteger("pending")).isEqualTo(2);
    assertThat(client.ack("stay", held)).as("of another life").containsExactly("unknown");
    List<JsonObject> got = new ArrayList<>();
    await().until(() -> got.addAll(client.pull("stay", 10)) && got.size() == 2);
    assertThat(got.stream().map(e -> e.getInteger("trestleattempt"))).containsOnly(1);
    publish(WIRE.connected(publisher), n("stay.a", 4));
    assertThat(client.pull("stay", 10)).hasSize(1);
  }

  @Test
  void policy_decidesAsForStreams() {
    client.subscribe("pol", "pol.*");
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
    assertThat(client.pull("pol", 10))
        .singleElement()
        .matches(e -> e.getString("type").equals("pol.b"));

    TRESTLE.kernel().admin().revokeService(consumer.id());
    await().until(() -> client.status(client.pulling("pol", 1, 0)) == 401);
    publish(from, n("pol.b", 3));
    assertThat(client.pending("pol")).isEqualTo(1);
  }

  @Test
  void wrongRequests_areRefusedWithWhatWasExpected() {
    client.subscribe("bad", "bad.*");
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
      HttpResponse<String> reply = client.put("bad", wrong);
      assertThat(reply.statusCode()).as(wrong.encode()).isEqualTo(400);
      assertThat(new JsonObject(reply.body()).getString("message")).isNotEmpty();
    }
    assertThat(client.put("No!", patterns("a")).statusCode()).isEqualTo(400);
    assertThat(client.status(client.pulling("bad", 101, 0))).isEqualTo(400);
    assertThat(client.status(client.pulling("bad", 1, 20_001))).isEqualTo(400);
    assertThat(
            client.status(
                client.request("/bad/pull?most=1").POST(HttpRequest.BodyPublishers.noBody())))
        .isEqualTo(400);
    assertThat(client.status(client.request("/bad/pull"))).isEqualTo(405);
    assertThat(client.status(client.request("/bad/ack").POST(json(new JsonObject()))))
        .isEqualTo(400);
    assertThat(client.status(client.request("/bad/x"))).isEqualTo(404);
    assertThat(client.status(client.request("/none"))).isEqualTo(404);
    HttpRequest.Builder stranger = HttpRequest.newBuilder(client.uri("/bad")).GET();
    assertThat(client.status(stranger)).isEqualTo(401);
    String foreign = PullClient.token(WIRE, publisher, "subscribe");
    assertThat(client.status(client.request("/bad", foreign))).isEqualTo(404);
  }
}
