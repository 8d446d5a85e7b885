package io.trestle.testing.wire;

import static io.trestle.testing.wire.EventsWireTest.event;
import static io.trestle.testing.wire.EventsWireTest.publish;
import static io.trestle.testing.wire.EventsWireTest.statuses;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.trestle.Acceptance;
import io.trestle.protocol.Methods;
import io.trestle.protocol.v1.EventDelivery;
import io.trestle.protocol.v1.EventEnvelope;
import io.trestle.protocol.v1.EventSubscription;
import io.trestle.protocol.v1.PublishRequest;
import io.trestle.protocol.v1.PublishStatusEntry;
import io.trestle.protocol.v1.RegisterRequest;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Sizes, policy, filters, settings and changes of who consumes, on the wire. */
class EventRulesWireTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();
  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);
  private static final ByteString LARGE = ByteString.copyFrom(new byte[1 << 20]);

  private final ServiceKey publisher = WIRE.service();
  private final ServiceKey consumer = WIRE.service();

  @AfterEach
  void usualSettings() {
    set("events.offline_dlq_after_ms", "604800000");
    set("events.max_pending_per_subscriber", "100000");
    set("rpc.idempotency_event_ttl_ms", "86400000");
  }

  private static void set(String key, String value) {
    JsonObject wanted = new JsonObject().put("key", key).put("value", value);
    assertThat(TRESTLE.kernel().admin().call("SettingsService/UpdateSettings", wanted).status())
        .isEqualTo(200);
  }

  private void rule(ServiceKey of, String direction, String action, String target) {
    TRESTLE
        .kernel()
        .sql()
        .update(
            "INSERT INTO service_policy_rules (service_id, direction, action, peer_service,"
                + " target_name) VALUES (?::uuid, ?, ?, NULL, ?)",
            of.id(),
            direction,
            action,
            target);
  }

  private static String column(String what, String eventId) {
    List<String> values =
        TRESTLE
            .kernel()
            .sql()
            .column(
                String.class,
                "SELECT " + what + " FROM events_dlq WHERE event_id = ?",
                UUID.fromString(eventId));
    return values.isEmpty() ? "" : values.get(0);
  }

  @Test
  @Acceptance({"EV-22", "EV-88"})
  void sizes_areBounded_andNeighboursAreTaken() {
    String longName = "a".repeat(256);
    String longKey = "k".repeat(513);
    EventEnvelope.Builder headers = event("size.h");
    for (int i = 0; i < 20; i++) {
      headers.putHeaders("h" + i, "v".repeat(1_000));
    }
    List<PublishStatusEntry> results =
        publish(
            WIRE.connected(publisher),
            event("size.large").setPayload(LARGE),
            event(longName),
            event("size.key").setPartitionKey(longKey),
            event("size.idem").setIdempotencyKey(longKey),
            headers,
            event("size.nul").setPartitionKey("a\0b"),
            event("size.fine").setPartitionKey("k".repeat(512)));
    assertThat(statuses(results)).containsExactly(6, 5, 6, 6, 6, 6, 1);
    assertThat(results.get(0).getMessage())
        .startsWith("event too large: ")
        .contains("limit 1048576");
  }

  @Test
  @Acceptance("EV-21")
  void hundredEventsOf300KiB_areAccepted() {
    EventEnvelope.Builder[] events = new EventEnvelope.Builder[100];
    ByteString payload = ByteString.copyFrom(new byte[300 << 10]);
    for (int i = 0; i < events.length; i++) {
      events[i] = event("bulk").setPayload(payload).clearPayloadJson();
    }
    PublishRequest.Builder request = PublishRequest.newBuilder();
    List.of(events).forEach(request::addEvents);
    var answer =
        WIRE.connected(publisher)
            .client()
            .unary(Methods.EVENTS_PUBLISH, request.build(), Duration.ofSeconds(30));
    assertThat(statuses(answer.ok().getResultsList())).hasSize(100).containsOnly(1);
  }

  @Test
  @Acceptance("AP-20")
  void egressRule_forbidsOtherNames_andTheCapabilityAll() {
    rule(publisher, "E", "event.publish", "orders.*");
    WireInstance from = WIRE.connected(publisher);
    await()
        .untilAsserted(
            () -> {
              List<PublishStatusEntry> results =
                  publish(from, event("payments.x"), event("orders.y"));
              assertThat(statuses(results)).containsExactly(6, 1);
              assertThat(results.get(0).getMessage()).startsWith("access denied: egress:");
            });
    TRESTLE
        .kernel()
        .sql()
        .update("UPDATE services SET cap_event_publish = false WHERE id = ?::uuid", publisher.id());
    await()
        .untilAsserted(
            () -> {
              List<PublishStatusEntry> results = publish(from, event("orders.y"));
              assertThat(statuses(results)).containsExactly(6);
              assertThat(results.get(0).getMessage()).startsWith("access denied: capability:");
            });
  }

  @Test
  @Acceptance("EV-87")
  void capabilityOff_pauses_andOnGoesOn() {
    WireSubscriber subscriber = WireSubscriber.of(WIRE.connected(consumer), 1, "cap.*");
    WireInstance from = WIRE.connected(publisher);
    publish(from, event("cap.a"), event("cap.b"));
    EventDelivery first = subscriber.delivery(1);
    handle(false);
    await().during(Duration.ofMillis(500)).until(() -> true);
    subscriber.ack(first);
    await().during(Duration.ofMillis(700)).until(() -> subscriber.deliveries().size() == 1);
    handle(true);
    assertThat(subscriber.delivery(2).getEnvelope().getName()).isEqualTo("cap.b");
    assertThat(column("reason", subscriber.delivery(2).getEnvelope().getId())).isEmpty();
  }

  private void handle(boolean may) {
    TRESTLE
        .kernel()
        .sql()
        .update("UPDATE services SET cap_event_handle = ? WHERE id = ?::uuid", may, consumer.id());
  }

  @Test
  @Acceptance({"EV-44", "EV-43"})
  void filters_ofOneService_listOnlyWhatPasses() {
    WireInstance instance = WIRE.connected(consumer);
    RegisterRequest.Builder request =
        Declare.nothing()
            .addEventSubscriptions(
                EventSubscription.newBuilder().setPattern("cur.*").setFilter("{\"$.c\":\"EUR\"}"))
            .addEventSubscriptions(
                EventSubscription.newBuilder().setPattern("cur.#").setFilter("{\"$.n\":1}"));
    instance.register(request).first();
    WireSubscriber subscriber = WireSubscriber.open(instance, 32);
    WireInstance from = WIRE.connected(publisher);
    publish(
        from, json("cur.a", "{\"c\":\"USD\",\"n\":2}"), json("cur.a", "{\"c\":\"EUR\",\"n\":2}"));
    publish(from, json("cur.a", "{\"c\":\"EUR\",\"n\":1}"));
    assertThat(subscriber.delivery(1).getMatchedPatternsList()).containsExactly("cur.*");
    assertThat(subscriber.delivery(2).getMatchedPatternsList()).containsExactly("cur.*", "cur.#");
  }

  private static EventEnvelope.Builder json(String name, String payload) {
    ByteString bytes = ByteString.copyFromUtf8(payload);
    return event(name).setPayload(bytes).setPayloadJson(bytes);
  }

  @Test
  @Acceptance("EV-14")
  void key_isFreeAgain_whenItsWindowIsOver() {
    set("rpc.idempotency_event_ttl_ms", "1000");
    WireInstance from = WIRE.connected(publisher);
    assertThat(statuses(publish(from, event("ttl.a").setIdempotencyKey("k")))).containsExactly(1);
    assertThat(statuses(publish(from, event("ttl.a").setIdempotencyKey("k")))).containsExactly(3);
    await()
        .until(
            () ->
                statuses(publish(from, event("ttl.a").setIdempotencyKey("k"))).equals(List.of(1)));
  }

  @Test
  @Acceptance({"EV-17", "EV-18"})
  void olderClient_thatSendsTheSameAgain_getsAnAnswerItUnderstands() {
    WireInstance from = WIRE.connected(publisher);
    publish(from, event("old.a").setIdempotencyKey("k"));
    EventEnvelope.Builder repeat = event("old.a").setIdempotencyKey("k");
    assertThat(publish(from, repeat).get(0).getEventId()).isNotEqualTo(repeat.getId());
    await()
        .untilAsserted(
            () -> {
              PublishStatusEntry again = publish(from, repeat).get(0);
              assertThat(again.getStatusValue()).isEqualTo(3);
              assertThat(again.getEventId()).isEqualTo(repeat.getId());
            });
    EventEnvelope.Builder other = json("old.a", "{\"n\":7}").setIdempotencyKey("k");
    assertThat(statuses(publish(from, other))).containsExactly(7);
    await()
        .untilAsserted(
            () -> {
              PublishStatusEntry again = publish(from, other).get(0);
              assertThat(again.getStatusValue()).isEqualTo(6);
              assertThat(again.getMessage()).startsWith("conflict: ");
            });
  }

  @Test
  @Acceptance("EV-16")
  void mapInAnotherOrder_isTheSameContent() {
    WireInstance from = WIRE.connected(publisher);
    EventEnvelope.Builder first =
        event("map.a")
            .setIdempotencyKey("k")
            .setPayload(ByteString.copyFromUtf8("ab"))
            .setPayloadJson(ByteString.copyFromUtf8("{\"a\":1,\"b\":2.0}"));
    EventEnvelope.Builder second =
        event("map.a")
            .setIdempotencyKey("k")
            .setPayload(ByteString.copyFromUtf8("ba"))
            .setPayloadJson(ByteString.copyFromUtf8("{ \"b\": 2, \"a\": 1 }"));
    assertThat(statuses(publish(from, first, second))).containsExactly(1, 3);
  }

  @Test
  @Acceptance("EV-66")
  void offlineForTooLong_isADeadLetter() {
    set("events.offline_dlq_after_ms", "2000");
    WireInstance instance = WIRE.connected(consumer);
    WireSubscriber.register(instance, "off.*");
    instance.close();
    EventEnvelope.Builder sent = event("off.a");
    publish(WIRE.connected(publisher), sent);
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> column("reason", sent.getId()).equals("subscriber_unavailable"));
  }

  @Test
  void timeToLive_ofASubscription_isInsteadOfTheSetting_theLongestOfThoseThatMatched() {
    WireInstance instance = WIRE.connected(consumer);
    instance
        .register(
            Declare.nothing()
                .addEventSubscriptions(
                    EventSubscription.newBuilder().setPattern("ttl.*").setTtlMs(1_000))
                .addEventSubscriptions(EventSubscription.newBuilder().setPattern("ttl.b")))
        .first();
    instance.close();
    EventEnvelope.Builder both = event("ttl.b");
    EventEnvelope.Builder one = event("ttl.a");
    publish(WIRE.connected(publisher), both, one);

    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> column("reason", one.getId()).equals("subscriber_unavailable"));
    assertThat(column("reason", both.getId())).isEmpty();
    WireSubscriber back = WireSubscriber.of(WIRE.connected(consumer), 4, "ttl.*", "ttl.b");
    assertThat(back.delivery(1).getEnvelope().getId()).isEqualTo(both.getId());
  }

  @Test
  void nearTheLimitOfPending_isInMetrics() {
    set("events.max_pending_per_subscriber", "5");
    WireInstance instance = WIRE.connected(consumer);
    WireSubscriber.register(instance, "near.*");
    instance.close();
    WireInstance from = WIRE.connected(publisher);
    for (int i = 0; i < 4; i++) {
      publish(from, event("near.n"));
    }
    String line = "sb_events_pending_limit_ratio{group=\"" + consumer.name() + "\"} 0.8";
    await()
        .until(
            () ->
                ((PrometheusMeterRegistry) TRESTLE.kernel().trestle().meters())
                    .scrape()
                    .contains(line));
  }

  @Test
  void revokedConsumer_keepsWhatWaits_getsNothingNew_andGoesOnWhenItIsActiveAgain() {
    WireInstance instance = WIRE.connected(consumer);
    WireSubscriber.register(instance, "back.*");
    instance.close();
    WireInstance from = WIRE.connected(publisher);
    EventEnvelope.Builder before = event("back.a");
    publish(from, before);
    status(consumer, "revoked");
    await().until(() -> !active());

    publish(from, event("back.b"));
    assertThat(pending()).isEqualTo(1);
    status(consumer, "active");
    await().until(this::active);

    EventEnvelope.Builder after = event("back.c");
    publish(from, after);
    WireSubscriber subscriber = WireSubscriber.of(WIRE.connected(consumer), 4, "back.*");
    subscriber.delivery(2);
    assertThat(subscriber.deliveries().stream().map(d -> d.getEnvelope().getName()))
        .containsExactlyInAnyOrder("back.a", "back.c");
  }

  private static void status(ServiceKey of, String status) {
    TRESTLE
        .kernel()
        .sql()
        .update("UPDATE services SET status = ? WHERE id = ?::uuid", status, of.id());
  }

  /** Whether the service may be published for. */
  private boolean active() {
    JsonObject request =
        new JsonObject().put("service", consumer.name()).put("name", "nobody.listens");
    return TRESTLE.kernel().admin().call("EventsService/Publish", request).status() == 200;
  }

  private int pending() {
    return TRESTLE
        .kernel()
        .admin()
        .ok("EventsService/Lag", new JsonObject().put("service", consumer.name()))
        .getJsonArray("consumers")
        .getJsonObject(0)
        .getInteger("pending");
  }

  @Test
  void deletedConsumer_losesItsSubscriptions_andWhatWaits() {
    WireInstance instance = WIRE.connected(consumer);
    WireSubscriber.register(instance, "del.*");
    instance.close();
    WireInstance from = WIRE.connected(publisher);
    EventEnvelope.Builder sent = event("del.a");
    publish(from, sent);
    assertThat(pending()).isEqualTo(1);

    TRESTLE.kernel().sql().update("DELETE FROM services WHERE id = ?::uuid", consumer.id());

    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> column("reason", sent.getId()).equals("subscriber_unavailable"));
    assertThat(column("last_error", sent.getId())).isEqualTo("service deleted");
    EventEnvelope.Builder late = event("del.b");
    assertThat(statuses(publish(from, late))).containsExactly(1);
    assertThat(
            TRESTLE
                .kernel()
                .sql()
                .count(
                    "SELECT count(*) FROM event_deliveries WHERE event_id = ?::uuid", late.getId()))
        .isZero();
    assertThat(
            TRESTLE
                .kernel()
                .sql()
                .count(
                    "SELECT count(*) FROM event_subscriptions WHERE effective"
                        + " AND service_id = ?::uuid",
                    consumer.id()))
        .isZero();
  }

  @Test
  @Acceptance("EV-67")
  void tooMuchPending_isADeadLetter_andThePublishSucceeds() {
    set("events.max_pending_per_subscriber", "5");
    WireInstance instance = WIRE.connected(consumer);
    WireSubscriber.register(instance, "many.*");
    instance.close();
    WireInstance from = WIRE.connected(publisher);
    for (int i = 0; i < 7; i++) {
      assertThat(statuses(publish(from, event("many.n" + i)))).containsExactly(1);
    }
    WireSubscriber back = WireSubscriber.of(WIRE.connected(consumer), 32, "many.*");
    assertThat(back.delivery(5).getEnvelope().getName()).isEqualTo("many.n4");
    await().during(Duration.ofMillis(500)).until(() -> back.deliveries().size() == 5);
    assertThat(
            TRESTLE
                .kernel()
                .sql()
                .column(
                    String.class,
                    "SELECT name || ' ' || reason FROM events_dlq WHERE service_id = ?::uuid"
                        + " ORDER BY name",
                    consumer.id()))
        .containsExactly("many.n5 subscriber_unavailable", "many.n6 subscriber_unavailable");
  }

  @Test
  @Acceptance("EV-68")
  void patternThatLeft_orphansWhatWaits() {
    WireSubscriber subscriber = WireSubscriber.of(WIRE.connected(consumer), 1, "foo.x");
    WireInstance from = WIRE.connected(publisher);
    EventEnvelope.Builder waiting = event("foo.x");
    publish(from, event("foo.x"), waiting);
    subscriber.delivery(1);
    WireSubscriber.register(subscriber.instance(), "baz.x");
    await().until(() -> column("reason", waiting.getId()).equals("orphaned_pattern"));
    assertThat(column("last_error", waiting.getId())).isEqualTo("orphaned_pattern");
    publish(from, event("baz.x"));
    subscriber.ack(subscriber.delivery(1));
    assertThat(subscriber.delivery(2).getEnvelope().getName()).isEqualTo("baz.x");
  }

  @Test
  @Acceptance("EV-71")
  void revokedConsumer_losesItsStream() {
    WireSubscriber subscriber = WireSubscriber.of(WIRE.connected(consumer), 1, "rev.*");
    publish(WIRE.connected(publisher), event("rev.a"));
    subscriber.delivery(1);
    TRESTLE
        .kernel()
        .sql()
        .update("UPDATE services SET status = 'revoked' WHERE id = ?::uuid", consumer.id());
    assertThat(subscriber.stream().ended().status().getCode())
        .isEqualTo(Status.Code.UNAUTHENTICATED);
  }

  @Test
  @Acceptance("EV-45")
  void badFilter_failsTheRegistration() {
    WireInstance instance = WIRE.connected(consumer);
    RegisterRequest.Builder request =
        Declare.nothing()
            .addEventSubscriptions(
                EventSubscription.newBuilder()
                    .setPattern("a")
                    .setFilter("{\"not a path\":{\"nested\":true}}"));
    assertThat(instance.register(request).ended().status().getCode())
        .isEqualTo(Status.Code.INVALID_ARGUMENT);
  }

  @Test
  void longestFilter_isStored() {
    StringBuilder filter = new StringBuilder("{\"$.c\":{\"$in\":[");
    while (filter.length() < 3_900) {
      filter.append('"').append(UUID.randomUUID()).append("\",");
    }
    filter.append("\"EUR\"]}}");
    WireInstance instance = WIRE.connected(consumer);
    instance
        .register(
            Declare.nothing()
                .addEventSubscriptions(
                    EventSubscription.newBuilder()
                        .setPattern("long.*")
                        .setFilter(filter.toString())))
        .first();
    WireSubscriber subscriber = WireSubscriber.open(instance, 32);
    publish(WIRE.connected(publisher), json("long.a", "{\"c\":\"EUR\"}"));
    assertThat(subscriber.delivery(1).getMatchedPatternsList()).containsExactly("long.*");
  }
}
