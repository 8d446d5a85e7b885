package io.trestle.system.wire;

import static io.trestle.system.wire.EventsWireTest.event;
import static io.trestle.system.wire.EventsWireTest.publish;
import static io.trestle.system.wire.EventsWireTest.statuses;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.Status;
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
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Sizes, policy and filters of events, on the wire. */
class EventRulesWireTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();
  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);
  private static final ByteString LARGE = ByteString.copyFrom(new byte[1 << 20]);

  private final ServiceKey publisher = WIRE.service();
  private final ServiceKey consumer = WIRE.service();

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

  @Test
  @Acceptance("EV-22")
  void eventsThatAreTooLarge_areRefused_andNeighboursAreTaken() {
    ByteString most = ByteString.copyFrom(new byte[600 << 10]);
    List<PublishStatusEntry> results =
        publish(
            WIRE.connected(publisher),
            event("size.large").setPayload(LARGE),
            event("size.both").setPayload(most).setPayloadJson(most),
            event("size.one").setPayload(most).clearPayloadJson(),
            event("size.fine"));
    assertThat(statuses(results)).containsExactly(6, 6, 1, 1);
    assertThat(results.subList(0, 2))
        .allSatisfy(
            r ->
                assertThat(r.getMessage())
                    .startsWith("event too large: ")
                    .contains("limit 1048576"));
  }

  @Test
  @Acceptance("EV-88")
  void namesKeysHeadersAndIds_areBounded_andNeighboursAreTaken() {
    String longKey = "k".repeat(513);
    List<PublishStatusEntry> results =
        publish(
            WIRE.connected(publisher),
            event("a".repeat(256)),
            event("size.key").setPartitionKey(longKey),
            event("size.idem").setIdempotencyKey(longKey),
            headers(16, 1_000, 25),
            headers(65, 1, 1),
            event("size.nul").setPartitionKey("a\0b"),
            event("size.id").setId("nonsense"),
            headers(16, 1_000, 24),
            headers(64, 1, 1),
            event("size.fine").setPartitionKey("k".repeat(512)));
    assertThat(statuses(results)).containsExactly(5, 6, 6, 6, 6, 6, 5, 1, 1, 1);
    assertThat(results.get(3).getMessage())
        .isEqualTo("headers too large: 16400 bytes, limit 16384");
    assertThat(results.get(6).getMessage()).isEqualTo("invalid event id");
  }

  /** Values alone are far below the limit of bytes; keys have so many more. */
  private static EventEnvelope.Builder headers(int count, int value, int key) {
    EventEnvelope.Builder event = event("size.h");
    for (int i = 0; i < count; i++) {
      String name = String.valueOf((char) ('!' + i));
      event.putHeaders(name + "k".repeat(key - 1), "v".repeat(value));
    }
    return event;
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
    may(publisher, "publish", false);
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
    may(consumer, "handle", false);
    await().during(Duration.ofMillis(500)).until(() -> true);
    subscriber.ack(first);
    await().during(Duration.ofMillis(700)).until(() -> subscriber.deliveries().size() == 1);
    may(consumer, "handle", true);
    assertThat(subscriber.delivery(2).getEnvelope().getName()).isEqualTo("cap.b");
    assertThat(WIRE.letter("reason", subscriber.delivery(2).getEnvelope().getId())).isEmpty();
  }

  private static void may(ServiceKey service, String what, boolean may) {
    TRESTLE
        .kernel()
        .sql()
        .update(
            "UPDATE services SET cap_event_" + what + " = ? WHERE id = ?::uuid", may, service.id());
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
