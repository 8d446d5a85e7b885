package io.trestle.system.wire;

import static io.trestle.system.wire.EventsWireTest.event;
import static io.trestle.system.wire.EventsWireTest.publish;
import static io.trestle.system.wire.PullClient.delivery;
import static io.trestle.system.wire.PullClient.n;
import static io.trestle.system.wire.PullClient.patterns;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.trestle.protocol.v1.EventEnvelope;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Consumers that fetch their events over HTTP: what they get, and what they answer. */
class PullWireTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();
  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  private final ServiceKey publisher = WIRE.service();
  private final ServiceKey consumer = WIRE.service();
  private final PullClient client = new PullClient(WIRE, consumer);

  @Test
  void batch_carriesEventsAsTheyWerePublished_andIsFinishedByItsTokens() {
    client.subscribe("inbox", "pull.*");
    WireInstance from = WIRE.connected(publisher);
    EventEnvelope.Builder first = n("pull.a", 1).setPartitionKey("k").putHeaders("tenant", "eu");
    EventEnvelope.Builder bytes =
        event("pull.b")
            .setPayload(ByteString.copyFrom(new byte[] {0, 1, (byte) 0xff}))
            .setContractHash("v2:x");
    publish(from, first, bytes, event("other.a"));

    List<JsonObject> got = new ArrayList<>();
    await().until(() -> got.addAll(client.pull("inbox", 100)) && got.size() == 2);
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
    assertThat(client.lag("inbox").getInteger("inFlight")).isEqualTo(2);
    assertThat(client.peek("inbox")).isEmpty();

    assertThat(client.ack("inbox", json, got.get(1))).containsExactly("done", "done");
    assertThat(client.ack("inbox", json)).containsExactly("unknown");
    assertThat(client.settle("inbox", "ack", "x")).containsExactly("unknown");
    assertThat(client.pending("inbox")).isZero();
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
    client.subscribe("beside", "beside.*");
    publish(WIRE.connected(publisher), event("beside.a"), event("mine.a"));

    await().until(() -> client.pull("beside", 10).size() == 1);
    assertThat(stream.delivery(1).getEnvelope().getName()).isEqualTo("mine.a");
    assertThat(client.peek("beside")).isEmpty();
  }

  @Test
  void single_isInBinaryMode_orStructuredIfAskedFor_andCloudEventsComeBackAsTheyWere() {
    client.subscribe("one", "single.*");
    String publishing = PullClient.token(WIRE, publisher, "publish");
    HttpResponse<String> published =
        client.send(
            HttpRequest.newBuilder(client.uri("").resolve("/events"))
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

    HttpResponse<String> binary = client.send(client.pulling("one", 1, 10_000));
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
    assertThat(client.settle("one", "retry", retry)).containsExactly("done");

    HttpResponse<String> structured =
        client.send(
            client.pulling("one", 1, 10_000).header("accept", "application/cloudevents+json"));
    JsonObject event = new JsonObject(structured.body());
    assertThat(event.getString("data")).isEqualTo("Grüße");
    assertThat(event.getString("subject")).isEqualTo("Euro €");
    assertThat(event.getInteger("trestleattempt")).isEqualTo(2);
    assertThat(client.ack("one", event)).containsExactly("done");
  }

  @Test
  void rejected_isADeadLetter_thatIsReplayedToTheSubscriptionAlone() {
    client.subscribe("letters", "letter.*");
    WireSubscriber beside = WireSubscriber.of(WIRE.connected(consumer), 8, "letter.*");
    publish(WIRE.connected(publisher), n("letter.a", 1));
    beside.ack(beside.delivery(1));
    JsonObject got = client.pullOne("letters");

    JsonObject reject = new JsonObject().put("token", delivery(got)).put("reason", "no thanks");
    assertThat(client.settle("letters", "reject", reject)).containsExactly("done");

    await().until(() -> client.letters().size() == 1);
    JsonObject letter = client.letters().getJsonObject(0);
    assertThat(letter.getString("group")).isEqualTo("letters");
    assertThat(letter.getString("lastError")).isEqualTo("no thanks");
    client.admin("ReplayDeadLetters");
    JsonObject again = client.pullOne("letters");
    assertThat(again.getString("id")).isEqualTo(got.getString("id"));
    assertThat(again.getInteger("trestleattempt")).isEqualTo(1);
    assertThat(client.ack("letters", again)).containsExactly("done");
    assertThat(beside.deliveries()).hasSize(1);
  }

  @Test
  void lease_thatIsOver_countsAsAnAttempt_bySettingsOfTheSubscription() {
    JsonObject definition =
        patterns("lease.*")
            .put("leaseMs", 1_000)
            .put("maxAttempts", 2)
            .put("retryMs", new JsonArray().add(0));
    client.subscribe("lease", definition);
    publish(WIRE.connected(publisher), n("lease.a", 1));

    JsonObject first = client.pullOne("lease");
    JsonObject second = client.pullOne("lease");
    assertThat(second.getInteger("trestleattempt")).isEqualTo(2);
    assertThat(client.ack("lease", first)).containsExactly("unknown");
    await().until(() -> client.letters().size() == 1);
    assertThat(client.letters().getJsonObject(0).getString("reason")).isEqualTo("max_attempts");
    assertThat(client.letters().getJsonObject(0).getString("lastError"))
        .isEqualTo("visibility timeout");
    assertThat(client.pending("lease")).isZero();
  }

  @Test
  void inFlight_isBounded_andFreedByAnswers_lanesKeepTheirOrder() {
    client.subscribe("few", patterns("few.*").put("maxInFlight", 2));
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
      List<JsonObject> got = client.pull("few", 10);
      assertThat(got).hasSizeBetween(1, 2);
      assertThat(got.stream().filter(e -> e.containsKey("partitionkey")).count())
          .isLessThanOrEqualTo(1);
      for (JsonObject event : got) {
        if (event.containsKey("partitionkey")) {
          lane.add(event);
        } else {
          unkeyed++;
        }
        client.ack("few", event);
      }
    }
    assertThat(lane.stream().map(e -> e.getJsonObject("data").getDouble("n").intValue()))
        .containsExactly(0, 1, 2);
  }

  @Test
  void answer_isBoundedInBytes_andWhatDoesNotFitIsAsIfItHadNotBeenHandedOut() {
    client.subscribe("big", "big.*");
    WireInstance from = WIRE.connected(publisher);
    ByteString large = ByteString.copyFrom(new byte[900 << 10]);
    for (int i = 0; i < 6; i++) {
      publish(from, event("big.a").setPayload(large).clearPayloadJson().setContractHash("v2:x"));
    }
    await().until(() -> client.pending("big") == 6);
    List<JsonObject> got = new ArrayList<>();
    while (got.size() < 6) {
      List<JsonObject> answer = client.pull("big", 10);
      assertThat(answer).hasSizeBetween(1, 4);
      got.addAll(answer);
    }
    assertThat(got).allMatch(e -> e.getInteger("trestleattempt") == 1);
    assertThat(client.ack("big", got.toArray(JsonObject[]::new))).containsOnly("done");
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
    client.subscribe("odd", "odd.*");
    publish(
        WIRE.connected(publisher),
        n("odd.a", 1)
            .putHeaders("ce-datacontenttype", "text/plain\r\nx: y")
            .putHeaders("ce-time", "yesterday\r\n")
            .putHeaders("ce-subject", "a\r\nb \u20ac")
            .putHeaders("trestledelivery", "forged")
            .putHeaders("X-Odd\n", "z"));

    HttpResponse<String> got = client.send(client.pulling("odd", 1, 10_000));
    assertThat(got.statusCode()).isEqualTo(200);
    assertThat(got.headers().firstValue("content-type")).hasValue("application/json");
    assertThat(got.headers().firstValue("ce-subject")).hasValue("a%0D%0Ab%20%E2%82%AC");
    assertThat(got.headers().firstValue("ce-trestleheaders").orElseThrow())
        .contains("trestledelivery")
        .contains("X-Odd");
    String delivery = got.headers().firstValue("ce-trestledelivery").orElseThrow();
    assertThat(client.settle("odd", "ack", delivery)).containsExactly("done");
  }
}
