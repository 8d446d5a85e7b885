package io.trestle.system.wire;

import static io.trestle.system.wire.EventsWireTest.event;
import static io.trestle.system.wire.EventsWireTest.publish;
import static io.trestle.system.wire.EventsWireTest.statuses;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.Status;
import io.trestle.Acceptance;
import io.trestle.protocol.Methods;
import io.trestle.protocol.v1.DlqEntry;
import io.trestle.protocol.v1.EventDelivery;
import io.trestle.protocol.v1.EventEnvelope;
import io.trestle.protocol.v1.ListDlqRequest;
import io.trestle.protocol.v1.ListDlqResponse;
import io.trestle.protocol.v1.Nack;
import io.trestle.protocol.v1.ReplayDlqRequest;
import io.trestle.testing.Sql;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What happens to deliveries: order, failure, absence, dead letters, restarts. */
class DeliveryWireTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();
  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  private final ServiceKey publisher = WIRE.service();
  private final ServiceKey consumer = WIRE.service();

  @AfterEach
  void usualSettings() {
    WIRE.setting("events.visibility_timeout_ms", "30000");
  }

  private static List<DlqEntry> letters(WireInstance of) {
    return letters(of, 50, "").getEntriesList();
  }

  private static ListDlqResponse letters(WireInstance of, int limit, String cursor) {
    ListDlqRequest request = ListDlqRequest.newBuilder().setLimit(limit).setCursor(cursor).build();
    return of.client().unary(Methods.EVENTS_LIST_DLQ, request).ok();
  }

  private static Ended<?> replay(WireInstance of, String eventId) {
    return of.client()
        .unary(
            Methods.EVENTS_REPLAY_DLQ, ReplayDlqRequest.newBuilder().setEventId(eventId).build());
  }

  @Test
  @Acceptance({"EV-59", "EV-61"})
  void lane_isHandedOutInOrder_andWaitsForItsHead() {
    WireSubscriber subscriber = WireSubscriber.of(WIRE.connected(consumer), 32, "lane.#");
    WireInstance from = WIRE.connected(publisher);
    publish(
        from,
        event("lane.a1").setPartitionKey("a"),
        event("lane.b1").setPartitionKey("b"),
        event("lane.a2").setPartitionKey("a"),
        event("lane.b2").setPartitionKey("b"));
    EventDelivery a1 = subscriber.delivery(1);
    EventDelivery b1 = subscriber.delivery(2);
    assertThat(a1.getEnvelope().getName()).isEqualTo("lane.a1");
    assertThat(b1.getEnvelope().getName()).isEqualTo("lane.b1");
    subscriber.nack(a1, "not yet");
    subscriber.ack(b1);
    EventDelivery b2 = subscriber.delivery(3);
    assertThat(b2.getEnvelope().getName()).isEqualTo("lane.b2");
    EventDelivery again = subscriber.delivery(4);
    assertThat(again.getEnvelope().getName()).isEqualTo("lane.a1");
    assertThat(again.getAttempt()).isEqualTo(2);
    assertThat(again.getDeliveryId()).isEqualTo(a1.getDeliveryId());
    assertThat(again.getLeaseToken()).isNotEqualTo(a1.getLeaseToken());
    subscriber.ack(again);
    assertThat(subscriber.delivery(5).getEnvelope().getName()).isEqualTo("lane.a2");
  }

  @Test
  @Acceptance({"EV-64", "EV-24"})
  void burst_whileNobodyIsThere_waitsForTheNextInstance() {
    WireInstance first = WIRE.connected(consumer);
    WireSubscriber.register(first, "away.*");
    first.close();
    WireInstance from = WIRE.connected(publisher);
    List<String> names = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      names.add("away.n" + i);
      publish(from, event("away.n" + i).setPartitionKey("k"));
    }
    publish(from, event("nobody.wants.it"));
    WireSubscriber late = WireSubscriber.of(WIRE.connected(consumer), 32, "away.*", "nobody.#");
    List<String> got = new ArrayList<>();
    for (int i = 1; i <= 10; i++) {
      EventDelivery delivery = late.delivery(i);
      assertThat(delivery.getAttempt()).isEqualTo(1);
      got.add(delivery.getEnvelope().getName());
      late.ack(delivery);
    }
    assertThat(got).isEqualTo(names);
    publish(from, event("nobody.sees.this.last"));
    assertThat(late.delivery(11).getEnvelope().getName()).isEqualTo("nobody.sees.this.last");
  }

  @Test
  @Acceptance({"EV-72", "EV-74", "EV-75", "EV-76", "EV-81"})
  void deadLetter_isListedForItsConsumer_andReplayed() {
    WireSubscriber subscriber = WireSubscriber.of(WIRE.connected(consumer), 32, "dead.*");
    WireInstance from = WIRE.connected(publisher);
    EventEnvelope.Builder sent = event("dead.a");
    publish(from, sent);
    subscriber.nack(
        subscriber.delivery(1), Nack.newBuilder().setErrorMessage("bad").setReject(true));
    await().until(() -> letters(subscriber.instance()).size() == 1);
    DlqEntry letter = letters(subscriber.instance()).get(0);
    assertThat(letter.getEventId()).isEqualTo(sent.getId());
    assertThat(letter.getEventName()).isEqualTo("dead.a");
    assertThat(letter.getReason()).isEqualTo("rejected");
    assertThat(letter.getLastError()).isEqualTo("bad");
    assertThat(letter.getTotalAttempts()).isEqualTo(1);
    assertThat(letter.getReplayCount()).isZero();
    assertThat(letters(from)).isEmpty();
    assertThat(replay(from, sent.getId()).status().getCode()).isEqualTo(Status.Code.NOT_FOUND);

    replay(subscriber.instance(), sent.getId()).ok();
    replay(subscriber.instance(), sent.getId()).ok();
    EventDelivery again = subscriber.delivery(2);
    assertThat(again.getEnvelope().getId()).isEqualTo(sent.getId());
    assertThat(again.getAttempt()).isEqualTo(1);
    assertThat(letters(subscriber.instance())).isEmpty();
    subscriber.nack(again, Nack.newBuilder().setErrorMessage("still").setReject(true));
    await().until(() -> letters(subscriber.instance()).size() == 1);
    DlqEntry second = letters(subscriber.instance()).get(0);
    assertThat(second.getReplayCount()).isEqualTo(1);
    assertThat(second.getTotalAttempts()).isEqualTo(2);
    assertThat(subscriber.deliveries()).as("two replays, one delivery").hasSize(2);
  }

  @Test
  @Acceptance("EV-73")
  void deadLetters_arePaged_newestFirst() {
    WireSubscriber subscriber = WireSubscriber.of(WIRE.connected(consumer), 32, "page.*");
    WireInstance from = WIRE.connected(publisher);
    for (int i = 1; i <= 120; i++) {
      publish(from, event("page.n" + i));
      subscriber.nack(
          subscriber.delivery(i), Nack.newBuilder().setErrorMessage("x").setReject(true));
    }
    await().until(() -> letters(subscriber.instance(), 500, "").getEntriesCount() == 120);
    List<String> seen = new ArrayList<>();
    String cursor = "";
    int pages = 0;
    do {
      ListDlqResponse page = letters(subscriber.instance(), 50, cursor);
      page.getEntriesList().forEach(e -> seen.add(e.getEventId()));
      cursor = page.getNextCursor();
      pages++;
    } while (!cursor.isEmpty());
    assertThat(pages).isEqualTo(3);
    assertThat(seen).hasSize(120).doesNotHaveDuplicates();
    List<DlqEntry> first = letters(subscriber.instance());
    assertThat(first.get(0).getDlqAtUnixMs())
        .isGreaterThanOrEqualTo(first.get(49).getDlqAtUnixMs());
    var bad = ListDlqRequest.newBuilder().setCursor("nonsense").build();
    assertThat(from.client().unary(Methods.EVENTS_LIST_DLQ, bad).status().getCode())
        .isEqualTo(Status.Code.INVALID_ARGUMENT);
  }

  @Test
  @Acceptance({"EV-70", "EV-85"})
  void restart_losesNothing_andRepeatsNothing() {
    WireSubscriber subscriber = WireSubscriber.of(WIRE.connected(consumer), 4, "again.*");
    WireInstance from = WIRE.connected(publisher);
    List<EventEnvelope.Builder> sent = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      sent.add(event("again.n" + i));
    }
    assertThat(statuses(publish(from, sent.toArray(EventEnvelope.Builder[]::new)))).containsOnly(1);
    subscriber.ack(subscriber.delivery(1));
    subscriber.ack(subscriber.delivery(2));
    subscriber.delivery(6);
    await().until(() -> finished() >= 2);
    TRESTLE.kernel().stop();
    TRESTLE.kernel().run();

    WireSubscriber back = WireSubscriber.of(WIRE.connected(consumer), 32, "again.*");
    List<String> got = new ArrayList<>();
    for (int i = 1; i <= 8; i++) {
      EventDelivery delivery = back.delivery(i);
      assertThat(delivery.getAttempt()).isEqualTo(1);
      got.add(delivery.getEnvelope().getName());
      back.ack(delivery);
    }
    assertThat(got)
        .containsExactlyInAnyOrderElementsOf(
            sent.subList(2, 10).stream().map(EventEnvelope.Builder::getName).toList());
    WireInstance again = WIRE.connected(publisher);
    assertThat(statuses(publish(again, sent.get(0), sent.get(9)))).containsOnly(3);
    await().during(Duration.ofMillis(300)).until(() -> back.deliveries().size() == 8);
  }

  /** An end without drain would need another process; the row is put back to what it was before. */
  private void crash() {
    Sql sql = TRESTLE.kernel().sql();
    String holders =
        sql.column(
                String.class,
                "SELECT holders FROM event_consumers WHERE owner_id = ?::uuid",
                consumer.id())
            .get(0);
    TRESTLE.kernel().stop();
    sql.update(
        "UPDATE event_consumers SET holders = ? WHERE owner_id = ?::uuid", holders, consumer.id());
    TRESTLE.kernel().run();
  }

  @Test
  @Acceptance("EV-86")
  void keyedDelivery_thatWasOut_waitsForItsHolder() {
    WireInstance one = WIRE.connected(consumer);
    WireInstance two = WIRE.connected(consumer);
    WireSubscriber first = WireSubscriber.of(one, 4, "held.*");
    WireSubscriber second = WireSubscriber.of(two, 4, "held.*");
    WireInstance from = WIRE.connected(publisher);
    publish(from, event("held.a").setPartitionKey("k"));
    publish(from, event("held.b").setPartitionKey("k"));
    await().until(() -> first.deliveries().size() + second.deliveries().size() == 1);
    WireInstance holder = first.deliveries().isEmpty() ? two : one;
    WireInstance other = holder == one ? two : one;
    await().until(() -> holders().contains("held\":{\"" + holder.id()));
    crash();

    WireSubscriber otherBack = back(other);
    await().during(Duration.ofSeconds(2)).until(() -> otherBack.deliveries().isEmpty());
    WireSubscriber holderBack = back(holder);
    await().until(() -> otherBack.deliveries().size() + holderBack.deliveries().size() == 1);
    EventDelivery again =
        otherBack.deliveries().isEmpty() ? holderBack.delivery(1) : otherBack.delivery(1);
    assertThat(again.getEnvelope().getName()).isEqualTo("held.a");
    assertThat(again.getAttempt()).isEqualTo(1);
  }

  @Test
  @Acceptance("EV-86")
  void keyedDelivery_whoseHolderStaysAway_goesElsewhereWhenItsLeaseIsOver() {
    WIRE.setting("events.visibility_timeout_ms", "5000");
    WireInstance holder = WIRE.connected(consumer);
    WireSubscriber first = WireSubscriber.of(holder, 4, "held.*");
    long before = System.nanoTime();
    publish(WIRE.connected(publisher), event("held.a").setPartitionKey("k"));
    first.delivery(1);
    await().until(() -> holders().contains("held\":{\"" + holder.id()));
    crash();

    WireSubscriber other = WireSubscriber.of(WIRE.connected(consumer), 4, "held.*");
    await().atMost(Duration.ofSeconds(45)).until(() -> !other.deliveries().isEmpty());
    assertThat(Duration.ofNanos(System.nanoTime() - before))
        .isGreaterThanOrEqualTo(Duration.ofSeconds(5));
    assertThat(other.delivery(1).getAttempt()).isEqualTo(1);
  }

  private String holders() {
    return TRESTLE
        .kernel()
        .sql()
        .column(
            String.class,
            "SELECT holders FROM event_consumers WHERE owner_id = ?::uuid",
            consumer.id())
        .get(0);
  }

  private static WireSubscriber back(WireInstance instance) {
    instance.connect();
    return WireSubscriber.of(instance, 4, "held.*");
  }

  @Test
  void event_whenHalfOfTheFleetIsBackAfterARestart_waitsForTheOtherHalf() {
    WireSubscriber.of(WIRE.connected(consumer), 4, "half.one");
    WireSubscriber.of(WIRE.connected(consumer), 4, "half.two");
    TRESTLE.kernel().stop();
    TRESTLE.kernel().run();

    WireSubscriber.of(WIRE.connected(consumer), 4, "half.one");
    assertThat(statuses(publish(WIRE.connected(publisher), event("half.two")))).containsOnly(1);
    WireSubscriber two = WireSubscriber.of(WIRE.connected(consumer), 4, "half.two");

    assertThat(two.delivery(1).getEnvelope().getName()).isEqualTo("half.two");
  }

  private long finished() {
    return TRESTLE
        .kernel()
        .sql()
        .count(
            "SELECT count(*) FROM event_deliveries WHERE status = 'success'"
                + " AND consumer_service_id = '"
                + consumer.id()
                + "'");
  }
}
