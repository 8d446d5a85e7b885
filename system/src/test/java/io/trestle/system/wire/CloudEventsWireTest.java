package io.trestle.system.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trestle.protocol.v1.EventDelivery;
import io.trestle.protocol.v1.EventEnvelope;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** CloudEvents over HTTP as any HTTP client sends them, against the real kernel. */
class CloudEventsWireTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();
  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  private static final String STRUCTURED = "application/cloudevents+json";
  private static final String BATCH = "application/cloudevents-batch+json";

  private final HttpClient http = HttpClient.newHttpClient();
  private final ServiceKey publisher = WIRE.service();
  private final ServiceKey consumer = WIRE.service();

  private record Reply(int status, JsonObject body) {}

  private static JsonObject admin(String procedure, JsonObject request) {
    return TRESTLE.kernel().admin().ok("EventsService/" + procedure, request);
  }

  private JsonObject token() {
    return admin("CreateToken", new JsonObject().put("service", publisher.name()));
  }

  private static HttpRequest.Builder request(String type, String body) {
    return HttpRequest.newBuilder(URI.create(TRESTLE.kernel().http().get(0)).resolve("/events"))
        .timeout(Duration.ofSeconds(20))
        .header("content-type", type)
        .POST(HttpRequest.BodyPublishers.ofString(body));
  }

  private Reply send(String token, HttpRequest.Builder request) {
    try {
      HttpResponse<String> reply =
          http.send(
              request.header("authorization", "Bearer " + token).build(),
              HttpResponse.BodyHandlers.ofString());
      return new Reply(reply.statusCode(), new JsonObject(reply.body()));
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static JsonObject event(String type, String id) {
    return new JsonObject()
        .put("specversion", "1.0")
        .put("id", id)
        .put("source", "/shop")
        .put("type", type)
        .put("data", new JsonObject().put("n", 1));
  }

  @Test
  void structured_isPublishedAsTheServiceOfTheToken() {
    WireSubscriber subscriber = WireSubscriber.of(WIRE.connected(consumer), 8, "ce.*");
    String token = token().getString("token");
    String body =
        """
        {"specversion": "1.0", "id": "1", "source": "/shop", "type": "ce.placed",
         "time": "2025-11-21T09:00:00.5+01:00", "subject": "o-17", "partitionkey": "o-17",
         "tenant": "eu", "retries": 3, "datacontenttype": "application/json",
         "data": {"sum": 10.50, "big": 9007199254740993}}
        """;

    Reply reply = send(token, request(STRUCTURED + "; charset=utf-8", body));

    assertThat(reply.status()).isEqualTo(202);
    assertThat(reply.body().getString("status")).isEqualTo("accepted");
    EventEnvelope got = subscriber.delivery(1).getEnvelope();
    assertThat(got.getId()).isEqualTo(reply.body().getString("eventId"));
    assertThat(got.getName()).isEqualTo("ce.placed");
    assertThat(got.getPayload().toStringUtf8())
        .isEqualTo("{\"sum\":10.50,\"big\":9007199254740993}");
    assertThat(got.getPartitionKey()).isEqualTo("o-17");
    assertThat(got.getOccurredAtUnixMs()).isEqualTo(1_763_712_000_500L);
    assertThat(got.getHeadersMap())
        .containsEntry("ce-id", "1")
        .containsEntry("ce-source", "/shop")
        .containsEntry("ce-subject", "o-17")
        .containsEntry("ce-tenant", "eu")
        .containsEntry("ce-retries", "3");

    Reply again = send(token, request(STRUCTURED, body));
    assertThat(again.status()).isEqualTo(200);
    assertThat(again.body().getString("eventId")).isEqualTo(got.getId());
    Reply other = send(token, request(STRUCTURED, body.replace("10.50", "11")));
    assertThat(other.status()).isEqualTo(409);
  }

  @Test
  void binary_takesAttributesFromHeaders_andTheBodyAsItIs() {
    WireSubscriber subscriber = WireSubscriber.of(WIRE.connected(consumer), 8, "bin.*");
    String token = token().getString("token");

    Reply reply =
        send(
            token,
            request("text/plain", "Grüße")
                .header("ce-specversion", "1.0")
                .header("ce-id", "b-1")
                .header("ce-source", "/shop")
                .header("ce-type", "bin.text")
                .header("ce-subject", "Euro%20%E2%82%AC"));
    Reply json =
        send(
            token,
            request("application/json", "{\"n\": 2}")
                .header("ce-specversion", "1.0")
                .header("ce-id", "b-2")
                .header("ce-source", "/shop")
                .header("ce-type", "bin.json"));

    assertThat(List.of(reply.status(), json.status())).containsExactly(202, 202);
    EventEnvelope text = subscriber.delivery(1).getEnvelope();
    assertThat(text.getPayload().toStringUtf8()).isEqualTo("Grüße");
    assertThat(text.getHeadersMap())
        .containsEntry("ce-subject", "Euro €")
        .containsEntry("ce-datacontenttype", "text/plain");
    EventDelivery second = subscriber.delivery(2);
    assertThat(second.getEnvelope().getPayload().toStringUtf8()).isEqualTo("{\"n\": 2}");
  }

  @Test
  void batch_isJudgedEventByEvent() {
    WireSubscriber subscriber = WireSubscriber.of(WIRE.connected(consumer), 8, "batch.*");
    String token = token().getString("token");
    JsonArray good = new JsonArray().add(event("batch.a", "1")).add(event("batch.a", "2"));
    JsonArray mixed =
        new JsonArray()
            .add(event("batch.a", "3"))
            .add(event("Batch!", "4"))
            .add(event("batch.a", "5").put("time", "yesterday"))
            .add(event("batch.a", "6").putNull("source"))
            .add("no event")
            .add(event("batch.a", "1"));

    assertThat(send(token, request(BATCH, good.encode())).status()).isEqualTo(202);
    Reply reply = send(token, request(BATCH, mixed.encode()));

    assertThat(reply.status()).isEqualTo(207);
    JsonArray results = reply.body().getJsonArray("results");
    assertThat(results.stream().map(r -> ((JsonObject) r).getString("status")))
        .containsExactly("accepted", "invalid", "invalid", "invalid", "invalid", "duplicate");
    assertThat(results.getJsonObject(2).getString("message")).contains("time").contains("expected");
    assertThat(subscriber.delivery(3).getEnvelope().getHeadersOrThrow("ce-id")).isEqualTo("3");
  }

  @Test
  void whatIsNoCloudEvent_isRefusedWithWhatWasExpected() {
    String token = token().getString("token");

    assertThat(send(token, request("application/json", "{}")).status()).isEqualTo(415);
    assertThat(send(token, request(STRUCTURED, "{")).status()).isEqualTo(400);
    assertThat(send(token, request(STRUCTURED, "[]")).status()).isEqualTo(400);
    assertThat(send(token, request(BATCH, "{}")).status()).isEqualTo(400);
    for (String member : List.of("specversion", "id", "source", "type")) {
      JsonObject event = event("ce.x", "x");
      event.remove(member);
      Reply reply = send(token, request(STRUCTURED, event.encode()));
      assertThat(reply.status()).isEqualTo(400);
      assertThat(reply.body().getString("message")).contains(member).contains("expected");
    }
    Reply name = send(token, request(STRUCTURED, event("Not A Name", "x").encode()));
    assertThat(name.status()).isEqualTo(400);
    Reply large =
        send(
            token,
            request(STRUCTURED, event("ce.x", "l").put("data", "x".repeat(2 << 20)).encode()));
    assertThat(large.status()).isEqualTo(400);
    assertThat(large.body().getString("message")).contains("too large");
    Reply huge = send(token, request(STRUCTURED, "x".repeat((8 << 20) + 1)));
    assertThat(huge.status()).isEqualTo(413);
  }

  @Test
  void token_isOfOneService_isJudgedByItsPolicy_andEndsWhenRevoked() {
    JsonObject made = token();
    String token = made.getString("token");
    HttpRequest.Builder request = request(STRUCTURED, event("tok.a", "1").encode());
    assertThat(send("sbev_" + "x".repeat(43), request.copy()).status()).isEqualTo(401);
    assertThat(send("", request.copy()).status()).isEqualTo(401);
    assertThat(send(token, request.copy()).status()).isEqualTo(202);
    TRESTLE
        .kernel()
        .admin()
        .ok(
            "PolicyService/Set",
            new JsonObject()
                .put("name", publisher.name())
                .put(
                    "rules",
                    new JsonObject().put("event.publish", new JsonArray().add("other.*"))));
    Reply denied = send(token, request(STRUCTURED, event("tok.a", "2").encode()));
    assertThat(denied.status()).isEqualTo(403);

    JsonObject of = new JsonObject().put("service", publisher.name());
    assertThat(admin("ListTokens", of).encode())
        .contains(made.getString("id"))
        .doesNotContain(token);
    assertThat(
            TRESTLE
                .kernel()
                .sql()
                .count(
                    "SELECT count(*) FROM event_http_tokens WHERE digest =" + " sha256(?::bytea)",
                    token.getBytes(java.nio.charset.StandardCharsets.UTF_8)))
        .isEqualTo(1);
    String second = token().getString("token");
    admin("RevokeTokens", of.copy().put("id", made.getString("id")));
    assertThat(send(token, request.copy()).status()).isEqualTo(401);
    assertThat(send(second, request.copy()).status()).as("known, but denied").isEqualTo(403);

    TRESTLE.kernel().stop();
    TRESTLE.kernel().run();
    assertThat(send(token, request.copy()).status()).isEqualTo(401);
    await().until(() -> send(second, request.copy()).status() == 403);
    TRESTLE.kernel().admin().revokeService(publisher.id());
    await().until(() -> send(second, request.copy()).status() == 401);
  }
}
