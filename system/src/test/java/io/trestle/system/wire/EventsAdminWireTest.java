package io.trestle.system.wire;

import static io.trestle.system.wire.EventsWireTest.event;
import static io.trestle.system.wire.EventsWireTest.publish;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.trestle.protocol.v1.EventDelivery;
import io.trestle.protocol.v1.EventEnvelope;
import io.trestle.protocol.v1.Nack;
import io.trestle.testing.AdminClient;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The operators' side of events against the real kernel, with consumers on the wire. */
class EventsAdminWireTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();
  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  private final ServiceKey publisher = WIRE.service();
  private final ServiceKey consumer = WIRE.service();

  private static AdminClient admin() {
    return TRESTLE.kernel().admin();
  }

  private static JsonObject ok(String procedure, JsonObject request) {
    return admin().ok("EventsService/" + procedure, request);
  }

  private static String error(String procedure, JsonObject request) {
    AdminClient.Reply reply = admin().call("EventsService/" + procedure, request);
    assertThat(reply.status()).isNotEqualTo(200);
    assertThat(reply.body().getString("message")).isNotEmpty();
    return reply.body().getString("code");
  }

  private static JsonObject of(ServiceKey service) {
    return new JsonObject().put("service", service.name());
  }

  private JsonObject lag() {
    return ok("Lag", of(consumer)).getJsonArray("consumers").getJsonObject(0);
  }

  private JsonArray letters(JsonObject request) {
    return ok("ListDeadLetters", request).getJsonArray("deadLetters");
  }

  private static String scrape() {
    return ((PrometheusMeterRegistry) TRESTLE.kernel().trestle().meters()).scrape();
  }

  /** Rejects everything that comes until so many are dead letters. */
  private void reject(WireSubscriber subscriber, int count) {
    for (int i = 1; i <= count; i++) {
      subscriber.nack(
          subscriber.delivery(i), Nack.newBuilder().setReject(true).setErrorMessage("no " + i));
    }
    await().until(() -> letters(of(consumer)).size() == count);
  }

  @Test
  void subscriptions_nameWhoConsumesWhat_andWhoIsLive() {
    WireSubscriber subscriber = WireSubscriber.of(WIRE.connected(consumer), 4, "sub.*", "sub.a");

    JsonObject shown =
        ok("ListSubscriptions", of(consumer)).getJsonArray("consumers").getJsonObject(0);

    assertThat(shown.getString("service")).isEqualTo(consumer.name());
    assertThat(shown.getJsonArray("subscriptions").encode())
        .isEqualTo(
            "[{\"pattern\":\"sub.*\",\"filter\":\"\",\"effective\":true},"
                + "{\"pattern\":\"sub.a\",\"filter\":\"\",\"effective\":true}]");
    JsonObject instance = shown.getJsonArray("instances").getJsonObject(0);
    assertThat(instance.getString("instanceId")).isEqualTo(subscriber.instance().id());
    assertThat(instance.getBoolean("session")).isTrue();
    assertThat(ok("ListSubscriptions", of(publisher)).getJsonArray("consumers")).isEmpty();
    assertThat(ok("ListSubscriptions", new JsonObject()).getJsonArray("consumers")).isNotEmpty();
    assertThat(error("ListSubscriptions", new JsonObject().put("service", "nobody")))
        .isEqualTo("not_found");
    assertThat(error("Lag", new JsonObject().put("servise", "x"))).isEqualTo("invalid_argument");
  }

  @Test
  void consumerThatFallsBehind_isNamedInLagAndInMetrics() {
    WireSubscriber subscriber = WireSubscriber.of(WIRE.connected(consumer), 2, "slow.*");
    WireInstance from = WIRE.connected(publisher);
    for (int i = 0; i < 5; i++) {
      publish(from, event("slow.a"));
    }
    subscriber.delivery(2);

    JsonObject behind = lag();
    assertThat(behind.getInteger("pending")).isEqualTo(5);
    assertThat(behind.getInteger("inFlight")).isEqualTo(2);
    assertThat(behind.getDouble("oldestPendingSeconds")).isNotNegative();
    assertThat(behind.getLong("head")).isGreaterThanOrEqualTo(behind.getLong("position") + 5);
    assertThat(behind.getJsonArray("streams").getJsonObject(0).getInteger("unanswered"))
        .isEqualTo(2);
    String group = "{group=\"" + consumer.name() + "\"}";
    await().until(() -> scrape().contains("sb_events_pending" + group + " 5.0"));
    assertThat(scrape())
        .contains("sb_event_deliveries_inflight" + group + " 2.0")
        .contains("sb_events_published_total{topic=\"slow.a\"} 5.0")
        .contains("sb_events_oldest_pending_seconds" + group);

    Set<String> answered = new HashSet<>();
    await()
        .until(
            () -> {
              for (EventDelivery delivery : subscriber.deliveries()) {
                if (answered.add(delivery.getDeliveryId())) {
                  subscriber.ack(delivery);
                }
              }
              return lag().getInteger("pending") == 0;
            });
    await().until(() -> scrape().contains("sb_events_pending" + group + " 0.0"));
    assertThat(lag().containsKey("oldestPendingSeconds")).isFalse();
    assertThat(scrape())
        .contains(
            "sb_deliveries_total{group=\""
                + consumer.name()
                + "\",status=\"success\",topic=\"slow.a\"} 5.0")
        .contains("sb_event_delivery_duration_seconds_count" + group + " 5");
  }

  @Test
  void consumerThatIsAway_isShownWithSinceWhenAndTheAgeOfTheOldest() {
    WireInstance instance = WIRE.connected(consumer);
    WireSubscriber.of(instance, 2, "away.*");
    instance.close();
    await().until(() -> lag().containsKey("offlineSinceUnixMs"));
    publish(WIRE.connected(publisher), event("away.a"));

    JsonObject away = lag();
    assertThat(away.getInteger("pending")).isEqualTo(1);
    assertThat(away.getInteger("inFlight")).isZero();
    assertThat(away.getDouble("oldestPendingSeconds")).isNotNegative();
    assertThat(away.getJsonArray("streams")).isEmpty();
  }

  @Test
  void deadLetters_areListedFilteredAndPaged_newestFirst() {
    WireSubscriber subscriber = WireSubscriber.of(WIRE.connected(consumer), 32, "dead.#");
    WireInstance from = WIRE.connected(publisher);
    publish(from, event("dead.a"), event("dead.b.c"), event("dead"));
    reject(subscriber, 3);

    JsonObject first = ok("ListDeadLetters", of(consumer).put("limit", 2));
    JsonObject rest =
        ok("ListDeadLetters", of(consumer).put("cursor", first.getString("nextCursor")));
    assertThat(first.getJsonArray("deadLetters")).hasSize(2);
    assertThat(rest.getJsonArray("deadLetters")).hasSize(1);
    assertThat(rest.getString("nextCursor")).isEmpty();
    assertThat(first.getJsonArray("deadLetters").getJsonObject(0).getLong("deadAtUnixMs"))
        .isGreaterThanOrEqualTo(
            rest.getJsonArray("deadLetters").getJsonObject(0).getLong("deadAtUnixMs"));
    assertThat(letters(of(consumer).put("name", "dead.*"))).hasSize(1);
    assertThat(letters(of(consumer).put("name", "dead.#"))).hasSize(3);
    assertThat(letters(of(consumer).put("name", "#.c"))).hasSize(1);
    assertThat(letters(of(consumer).put("name", "ead.a"))).isEmpty();
    assertThat(letters(of(consumer).put("reason", "rejected"))).hasSize(3);
    assertThat(letters(of(consumer).put("reason", "max_attempts"))).isEmpty();
    assertThat(letters(of(publisher))).isEmpty();
    assertThat(letters(new JsonObject()).size()).isGreaterThanOrEqualTo(3);
    await().until(() -> scrape().contains("sb_dlq_size{group=\"" + consumer.name() + "\"} 3.0"));
    assertThat(scrape())
        .contains("group=\"" + consumer.name() + "\",status=\"dead\",topic=\"dead.a\"} 1.0");
    for (String member : List.of("name", "reason", "cursor")) {
      assertThat(error("ListDeadLetters", new JsonObject().put(member, "No!")))
          .isEqualTo("invalid_argument");
    }
  }

  @Test
  void deadLetter_isShownWithItsEvent() {
    WireSubscriber subscriber = WireSubscriber.of(WIRE.connected(consumer), 32, "show.*");
    WireInstance from = WIRE.connected(publisher);
    EventEnvelope.Builder json =
        event("show.json")
            .setPartitionKey("k")
            .putHeaders("tenant", "t-1")
            .setPayload(ByteString.copyFromUtf8("{\"sum\": 10.50}"));
    EventEnvelope.Builder binary =
        event("show.binary").setPayload(ByteString.copyFrom(new byte[] {0, 1, (byte) 0xff}));
    publish(from, json, binary);
    reject(subscriber, 2);

    JsonObject shown =
        ok("GetDeadLetter", new JsonObject().put("id", json.getId())).getJsonObject("deadLetter");
    assertThat(shown.getString("payloadJson")).isEqualTo("{\"sum\": 10.50}");
    assertThat(shown.getJsonObject("headers").encode()).isEqualTo("{\"tenant\":\"t-1\"}");
    assertThat(shown.getString("publisher")).isEqualTo(publisher.name());
    assertThat(shown.getString("partitionKey")).isEqualTo("k");
    assertThat(shown.getString("lastError")).startsWith("no ");
    assertThat(
            ok("GetDeadLetter", new JsonObject().put("id", shown.getString("id")))
                .getJsonObject("deadLetter"))
        .isEqualTo(shown);
    assertThat(
            ok("GetDeadLetter", new JsonObject().put("id", binary.getId()))
                .getJsonObject("deadLetter")
                .getString("payloadBase64"))
        .isEqualTo("AAH/");
    assertThat(error("GetDeadLetter", new JsonObject().put("id", EventsWireTest.uuidV7())))
        .isEqualTo("not_found");
    assertThat(error("GetDeadLetter", new JsonObject().put("id", "x")))
        .isEqualTo("invalid_argument");
  }

  @Test
  void replay_ofAFilter_handsOutInOrder_andSaysWhatItSkipped() {
    WireInstance instance = WIRE.connected(consumer);
    WireSubscriber subscriber = WireSubscriber.of(instance, 32, "again.*", "gone.*");
    WireInstance from = WIRE.connected(publisher);
    for (int i = 0; i < 3; i++) {
      publish(from, event("again.a").setPartitionKey("one"));
      subscriber.nack(
          subscriber.delivery(i + 1), Nack.newBuilder().setReject(true).setErrorMessage("no"));
    }
    await().until(() -> letters(of(consumer)).size() == 3);
    publish(from, event("gone.a"));
    reject(subscriber, 4);
    WireSubscriber.register(instance, "again.*");

    JsonObject done = ok("ReplayDeadLetters", of(consumer).put("limit", 2));
    assertThat(done.getInteger("replayed")).isEqualTo(2);
    JsonObject rest =
        ok("ReplayDeadLetters", of(consumer).put("cursor", done.getString("nextCursor")));
    assertThat(rest.getInteger("replayed")).isEqualTo(1);
    assertThat(rest.getJsonArray("skipped").getJsonObject(0).getString("reason"))
        .contains("no subscription wants gone.a");
    assertThat(rest.getString("nextCursor")).isEmpty();

    for (int i = 0; i < 3; i++) {
      EventDelivery again = subscriber.delivery(5 + i);
      assertThat(again.getEnvelope().getId())
          .isEqualTo(subscriber.deliveries().get(i).getEnvelope().getId());
      assertThat(again.getAttempt()).isEqualTo(1);
      subscriber.ack(again);
    }
    await().until(() -> lag().getInteger("pending") == 0);
    assertThat(letters(of(consumer))).hasSize(1);
    String unknown = EventsWireTest.uuidV7();
    assertThat(
            ok("ReplayDeadLetters", new JsonObject().put("ids", new JsonArray().add(unknown)))
                .getJsonArray("skipped")
                .getJsonObject(0)
                .getString("id"))
        .isEqualTo(unknown);
    assertThat(error("ReplayDeadLetters", new JsonObject())).isEqualTo("invalid_argument");
    assertThat(error("DropDeadLetters", new JsonObject())).isEqualTo("invalid_argument");
  }

  @Test
  void drop_deletesForGood_andTheConsumerGoesOnAfterARestart() {
    WireInstance instance = WIRE.connected(consumer);
    WireSubscriber subscriber = WireSubscriber.of(instance, 32, "drop.*");
    WireInstance from = WIRE.connected(publisher);
    publish(from, event("drop.a"), event("drop.b"), event("drop.c"));
    reject(subscriber, 3);
    String one = letters(of(consumer).put("name", "drop.a")).getJsonObject(0).getString("eventId");

    JsonObject dropped =
        ok("DropDeadLetters", new JsonObject().put("ids", new JsonArray().add(one)));
    assertThat(dropped.getInteger("dropped")).isEqualTo(1);
    assertThat(letters(of(consumer))).hasSize(2);
    assertThat(ok("DropDeadLetters", of(consumer).put("name", "drop.b")).getInteger("dropped"))
        .isEqualTo(1);
    assertThat(lag().getInteger("deadLetters")).isEqualTo(1);
    assertThat(lag().getInteger("pending")).isZero();
    assertThat(
            TRESTLE
                .kernel()
                .sql()
                .column(
                    String.class,
                    "SELECT d.status FROM event_deliveries d JOIN event_log l ON l.id = d.event_id"
                        + " WHERE d.consumer_service_id = ? ORDER BY l.name",
                    UUID.fromString(consumer.id())))
        .containsExactly("dropped", "dropped", "dead");

    TRESTLE.kernel().stop();
    TRESTLE.kernel().run();
    assertThat(lag().getInteger("pending")).isZero();
    assertThat(letters(of(consumer))).hasSize(1);
  }

  @Test
  void publish_isJudgedByThePolicyOfTheService() {
    WireSubscriber subscriber = WireSubscriber.of(WIRE.connected(consumer), 32, "op.*");
    admin()
        .ok(
            "PolicyService/Set",
            new JsonObject()
                .put("name", publisher.name())
                .put("rules", new JsonObject().put("event.publish", new JsonArray().add("op.a"))));
    JsonObject request =
        of(publisher)
            .put("name", "op.a")
            .put("payloadJson", "{\"n\":1.50}")
            .put("key", "k")
            .put("idempotencyKey", "once")
            .put("headers", new JsonObject().put("tenant", "t"));

    JsonObject done = ok("Publish", request);
    assertThat(done.getBoolean("duplicate")).isFalse();
    EventDelivery got = subscriber.delivery(1);
    assertThat(got.getEnvelope().getId()).isEqualTo(done.getString("eventId"));
    assertThat(got.getEnvelope().getPayload().toStringUtf8()).isEqualTo("{\"n\":1.50}");
    assertThat(got.getEnvelope().getHeadersMap()).containsEntry("tenant", "t");
    assertThat(got.getEnvelope().getPartitionKey()).isEqualTo("k");
    assertThat(ok("Publish", request)).isEqualTo(done.copy().put("duplicate", true));
    assertThat(error("Publish", request.copy().put("payloadJson", "{}")))
        .isEqualTo("already_exists");
    assertThat(error("Publish", of(publisher).put("name", "op.b"))).isEqualTo("permission_denied");
    assertThat(error("Publish", of(publisher).put("name", "Op!"))).isEqualTo("invalid_argument");
    assertThat(error("Publish", of(publisher).put("name", "op.a").put("payloadJson", "{")))
        .isEqualTo("invalid_argument");
    assertThat(error("Publish", new JsonObject().put("service", "nobody").put("name", "op.a")))
        .isEqualTo("not_found");
    admin().revokeService(publisher.id());
    await().until(() -> error("Publish", request).equals("failed_precondition"));
  }

  @Test
  void tail_showsWhatIsAcceptedFromNowOn() {
    WireInstance from = WIRE.connected(publisher);
    publish(from, event("tail.before"));
    String filter = "{\"$.n\":1}";
    String watch =
        ok("Tail", new JsonObject().put("pattern", "tail.*").put("filter", filter))
            .getString("watch");
    EventEnvelope.Builder seen = event("tail.a").setPartitionKey("k");
    publish(
        from,
        event("tail.other.name"),
        event("tail.b").setPayloadJson(ByteString.copyFromUtf8("{\"n\":2}")),
        seen);

    JsonArray events =
        ok("Tail", new JsonObject().put("watch", watch).put("waitMs", 10_000))
            .getJsonArray("events");
    assertThat(events).hasSize(1);
    assertThat(events.getJsonObject(0).getString("eventId")).isEqualTo(seen.getId());
    assertThat(events.getJsonObject(0).getString("service")).isEqualTo(publisher.name());
    assertThat(events.getJsonObject(0).getString("payloadJson")).isEqualTo("{\"n\":1}");
    assertThat(
            ok("Tail", new JsonObject().put("watch", watch).put("waitMs", 0))
                .getJsonArray("events"))
        .isEmpty();
    assertThat(error("Tail", new JsonObject().put("watch", "x"))).isEqualTo("not_found");
    assertThat(error("Tail", new JsonObject().put("pattern", "a..b")))
        .isEqualTo("invalid_argument");
    assertThat(error("Tail", new JsonObject().put("pattern", "a").put("filter", "{")))
        .isEqualTo("invalid_argument");
    assertThat(error("Tail", new JsonObject().put("watch", watch).put("waitMs", 20_001)))
        .isEqualTo("invalid_argument");
  }

  @Test
  void tail_tooMuch_leavesOutTheOldestAndSaysHowMany() {
    WireInstance from = WIRE.connected(publisher);
    String watch = ok("Tail", new JsonObject().put("pattern", "flood")).getString("watch");
    for (int i = 0; i < 12; i++) {
      publish(
          from,
          java.util.stream.IntStream.range(0, 100)
              .mapToObj(n -> event("flood"))
              .toArray(EventEnvelope.Builder[]::new));
    }

    JsonObject seen = ok("Tail", new JsonObject().put("watch", watch));
    assertThat(seen.getLong("dropped")).isEqualTo(200);
    assertThat(seen.getJsonArray("events")).hasSize(200);
  }
}
