package io.trestle.system.wire;

import static io.trestle.system.wire.EventsWireTest.event;
import static io.trestle.system.wire.EventsWireTest.publish;
import static io.trestle.system.wire.EventsWireTest.statuses;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.Status;
import io.trestle.Acceptance;
import io.trestle.protocol.v1.EventEnvelope;
import io.trestle.protocol.v1.EventSubscription;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What waits for a consumer that is away, full, revoked, deleted, or does not want it any more. */
class EventAbsenceWireTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();
  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  private final ServiceKey publisher = WIRE.service();
  private final ServiceKey consumer = WIRE.service();

  @AfterEach
  void usualSettings() {
    WIRE.setting("events.offline_dlq_after_ms", "604800000");
    WIRE.setting("events.max_pending_per_subscriber", "100000");
  }

  private static long count(String what, String id) {
    return TRESTLE.kernel().sql().count("SELECT count(*) FROM " + what, id);
  }

  @Test
  @Acceptance("EV-66")
  void offlineForTooLong_isADeadLetter() {
    WIRE.setting("events.offline_dlq_after_ms", "2000");
    WireSubscriber.away(WIRE.connected(consumer), "off.*");
    EventEnvelope.Builder sent = event("off.a");
    publish(WIRE.connected(publisher), sent);
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> WIRE.letter("reason", sent.getId()).equals("subscriber_unavailable"));
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
        .until(() -> WIRE.letter("reason", one.getId()).equals("subscriber_unavailable"));
    assertThat(WIRE.letter("reason", both.getId())).isEmpty();
    WireSubscriber back = WireSubscriber.of(WIRE.connected(consumer), 4, "ttl.*", "ttl.b");
    assertThat(back.delivery(1).getEnvelope().getId()).isEqualTo(both.getId());
  }

  @Test
  void nearTheLimitOfPending_isInMetrics() {
    WIRE.setting("events.max_pending_per_subscriber", "5");
    WireSubscriber.away(WIRE.connected(consumer), "near.*");
    WireInstance from = WIRE.connected(publisher);
    for (int i = 0; i < 4; i++) {
      publish(from, event("near.n"));
    }
    String line = "sb_events_pending_limit_ratio{group=\"" + consumer.name() + "\"} 0.8";
    await().until(() -> WIRE.scrape().contains(line));
  }

  @Test
  void revokedConsumer_keepsWhatWaits_getsNothingNew_andGoesOnWhenItIsActiveAgain() {
    WireSubscriber.away(WIRE.connected(consumer), "back.*");
    WireInstance from = WIRE.connected(publisher);
    EventEnvelope.Builder before = event("back.a");
    publish(from, before);
    status("revoked");
    await().until(() -> !active());

    publish(from, event("back.b"));
    assertThat(pending()).isEqualTo(1);
    status("active");
    await().until(this::active);

    EventEnvelope.Builder after = event("back.c");
    publish(from, after);
    WireSubscriber subscriber = WireSubscriber.of(WIRE.connected(consumer), 4, "back.*");
    subscriber.delivery(2);
    assertThat(subscriber.deliveries().stream().map(d -> d.getEnvelope().getName()))
        .containsExactlyInAnyOrder("back.a", "back.c");
  }

  private void status(String status) {
    TRESTLE
        .kernel()
        .sql()
        .update("UPDATE services SET status = ? WHERE id = ?::uuid", status, consumer.id());
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
    WireSubscriber.away(WIRE.connected(consumer), "del.*");
    WireInstance from = WIRE.connected(publisher);
    EventEnvelope.Builder sent = event("del.a");
    publish(from, sent);
    assertThat(pending()).isEqualTo(1);

    TRESTLE.kernel().sql().update("DELETE FROM services WHERE id = ?::uuid", consumer.id());

    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> WIRE.letter("reason", sent.getId()).equals("subscriber_unavailable"));
    assertThat(WIRE.letter("last_error", sent.getId())).isEqualTo("service deleted");
    EventEnvelope.Builder late = event("del.b");
    assertThat(statuses(publish(from, late))).containsExactly(1);
    assertThat(count("event_deliveries WHERE event_id = ?::uuid", late.getId())).isZero();
    assertThat(count("event_subscriptions WHERE effective AND service_id = ?::uuid", consumer.id()))
        .isZero();
  }

  @Test
  @Acceptance("EV-67")
  void tooMuchPending_isADeadLetter_andThePublishSucceeds() {
    WIRE.setting("events.max_pending_per_subscriber", "5");
    WireSubscriber.away(WIRE.connected(consumer), "many.*");
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
    await().until(() -> WIRE.letter("reason", waiting.getId()).equals("orphaned_pattern"));
    assertThat(WIRE.letter("last_error", waiting.getId())).isEqualTo("orphaned_pattern");
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
    status("revoked");
    assertThat(subscriber.stream().ended().status().getCode())
        .isEqualTo(Status.Code.UNAUTHENTICATED);
  }
}
