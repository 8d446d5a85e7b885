package io.trestle.system.wire;

import static io.trestle.system.wire.EventsWireTest.event;
import static io.trestle.system.wire.EventsWireTest.publish;
import static io.trestle.system.wire.EventsWireTest.statuses;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.trestle.Acceptance;
import io.trestle.protocol.Methods;
import io.trestle.protocol.v1.EventDelivery;
import io.trestle.protocol.v1.EventEnvelope;
import io.trestle.protocol.v1.ReplayDlqRequest;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Which instance gets what, how often it is tried, and in which order. */
class EventTurnsWireTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();
  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  private final ServiceKey publisher = WIRE.service();
  private final ServiceKey consumer = WIRE.service();

  @AfterEach
  void usualSettings() {
    WIRE.setting("events.visibility_timeout_ms", "30000");
    WIRE.setting("events.backoff_ladder_ms", "1000,5000,30000,120000,600000");
  }

  private static List<String> letter(String eventId) {
    return TRESTLE
        .kernel()
        .sql()
        .column(
            String.class,
            "SELECT reason || ' ' || total_attempts || ' ' || replay_count FROM events_dlq"
                + " WHERE event_id = ?",
            UUID.fromString(eventId));
  }

  @Test
  @Acceptance("EV-41")
  void onlyTheInstanceThatDeclaresThePattern_getsIt() {
    WireSubscriber old = WireSubscriber.of(WIRE.connected(consumer), 32, "roll.a");
    WireSubscriber young = WireSubscriber.of(WIRE.connected(consumer), 32, "roll.a", "roll.b");
    WireInstance from = WIRE.connected(publisher);
    for (int i = 0; i < 20; i++) {
      publish(from, event("roll.b"));
    }
    young.delivery(20);
    assertThat(old.deliveries()).isEmpty();
  }

  @Test
  @Acceptance("EV-42")
  void instanceThatDeclaresOnlyOneOfTwoPatterns_isNotAsked() {
    WireSubscriber some = WireSubscriber.of(WIRE.connected(consumer), 32, "part.*");
    WireSubscriber all = WireSubscriber.of(WIRE.connected(consumer), 32, "part.*", "part.x");
    WireInstance from = WIRE.connected(publisher);
    for (int i = 0; i < 20; i++) {
      publish(from, event("part.x"));
    }
    all.delivery(20);
    assertThat(all.deliveries())
        .allSatisfy(
            d -> assertThat(d.getMatchedPatternsList()).containsExactly("part.*", "part.x"));
    assertThat(some.deliveries()).isEmpty();
  }

  @Test
  @Acceptance("EV-48")
  void silence_isAnAttempt_andTheLateAnswerIsIgnored() {
    WIRE.setting("events.visibility_timeout_ms", "2000");
    WireSubscriber subscriber = WireSubscriber.of(WIRE.connected(consumer), 32, "hang.*");
    EventEnvelope.Builder sent = event("hang.a");
    WireInstance from = WIRE.connected(publisher);
    publish(from, sent);
    EventDelivery first = subscriber.delivery(1);
    WIRE.setting("events.visibility_timeout_ms", "60000");
    EventDelivery second = subscriber.delivery(2);
    assertThat(second.getAttempt()).isEqualTo(2);
    EventEnvelope.Builder after = event("hang.b");
    publish(from, after);
    EventDelivery behind = subscriber.delivery(3);
    subscriber.ack(first);
    subscriber.ack(behind);
    await().until(() -> WIRE.isDelivered(after.getId()));
    assertThat(WIRE.isDelivered(sent.getId())).as("by the late ack before it").isFalse();

    subscriber.ack(second);
    await().until(() -> WIRE.isDelivered(sent.getId()));
    await().during(Duration.ofSeconds(2)).until(() -> subscriber.deliveries().size() == 3);
    assertThat(letter(sent.getId())).isEmpty();
  }

  @Test
  @Acceptance("EV-49")
  void alwaysFailing_isADeadLetterAfterFiveAttempts() {
    WIRE.setting("events.backoff_ladder_ms", "10,20");
    WireSubscriber subscriber = WireSubscriber.of(WIRE.connected(consumer), 32, "fail.*");
    EventEnvelope.Builder sent = event("fail.a");
    publish(WIRE.connected(publisher), sent);
    for (int i = 1; i <= 5; i++) {
      EventDelivery delivery = subscriber.delivery(i);
      assertThat(delivery.getAttempt()).isEqualTo(i);
      subscriber.nack(delivery, "never");
    }
    await().until(() -> letter(sent.getId()).equals(List.of("max_attempts 5 0")));
    await().during(Duration.ofMillis(300)).until(() -> subscriber.deliveries().size() == 5);
  }

  @Test
  @Acceptance("EV-62")
  void twoPublishersOnOneKey_haveOneOrderForAllConsumers() throws Exception {
    WireSubscriber one = WireSubscriber.of(WIRE.connected(consumer), 256, "both.*");
    WireSubscriber other = WireSubscriber.of(WIRE.connected(WIRE.service()), 256, "both.*");
    WireInstance left = WIRE.connected(publisher);
    WireInstance right = WIRE.connected(WIRE.service());
    Thread thread = new Thread(() -> burst(left, "left"));
    thread.start();
    burst(right, "right");
    thread.join();
    List<String> order = taken(one);
    assertThat(taken(other)).isEqualTo(order);
    assertThat(
            TRESTLE
                .kernel()
                .sql()
                .column(
                    String.class,
                    "SELECT id::text FROM event_log WHERE name LIKE 'both.%' ORDER BY seq"))
        .isEqualTo(order);
  }

  private static void burst(WireInstance from, String side) {
    for (int i = 0; i < 40; i++) {
      publish(from, event("both." + side).setPartitionKey("k"));
    }
  }

  private static List<String> taken(WireSubscriber subscriber) {
    List<String> ids = new ArrayList<>();
    for (int i = 1; i <= 80; i++) {
      EventDelivery delivery = subscriber.delivery(i);
      ids.add(delivery.getEnvelope().getId());
      subscriber.ack(delivery);
    }
    return ids;
  }

  @Test
  @Acceptance("EV-65")
  void restartOfASubscriber_betweenTwoPublishes_losesAndRepeatsNothing() {
    WireInstance first = WIRE.connected(consumer);
    WireSubscriber before = WireSubscriber.of(first, 32, "swap.*");
    WireInstance from = WIRE.connected(publisher);
    EventEnvelope.Builder one = event("swap.one");
    publish(from, one);
    before.ack(before.delivery(1));
    await().until(() -> WIRE.isDelivered(one.getId()));
    first.close();
    WireSubscriber after = WireSubscriber.of(WIRE.connected(consumer), 32, "swap.*");
    publish(from, event("swap.two"));
    assertThat(after.delivery(1).getEnvelope().getName()).isEqualTo("swap.two");
    assertThat(before.deliveries()).hasSize(1);
  }

  @Test
  @Acceptance("EV-77")
  void replay_needsNoRowInTheLog() {
    WireSubscriber subscriber = WireSubscriber.of(WIRE.connected(consumer), 32, "purge.*");
    EventEnvelope.Builder sent = event("purge.a").putHeaders("h", "v").setContractHash("v2:h");
    publish(WIRE.connected(publisher), sent);
    subscriber.nack(
        subscriber.delivery(1),
        io.trestle.protocol.v1.Nack.newBuilder().setErrorMessage("no").setReject(true));
    await().until(() -> letter(sent.getId()).size() == 1);
    TRESTLE
        .kernel()
        .sql()
        .update("DELETE FROM event_log WHERE id = ?", UUID.fromString(sent.getId()));
    var replay = ReplayDlqRequest.newBuilder().setEventId(sent.getId()).build();
    subscriber.instance().client().unary(Methods.EVENTS_REPLAY_DLQ, replay).ok();
    EventEnvelope again = subscriber.delivery(2).getEnvelope();
    assertThat(again.toBuilder().clearXSbTrace().clearOccurredAtUnixMs().build())
        .isEqualTo(sent.clone().clearPayloadJson().build());
  }

  @Test
  void twoInstances_shareUnkeyedEvents_eachOnce() {
    WireSubscriber one = WireSubscriber.of(WIRE.connected(consumer), 4, "share.*");
    WireSubscriber two = WireSubscriber.of(WIRE.connected(consumer), 4, "share.*");
    EventEnvelope.Builder[] events = new EventEnvelope.Builder[8];
    for (int i = 0; i < events.length; i++) {
      events[i] = event("share.n" + i);
    }
    assertThat(statuses(publish(WIRE.connected(publisher), events))).containsOnly(1);
    await().until(() -> one.deliveries().size() == 4 && two.deliveries().size() == 4);
    Set<String> ids = new HashSet<>();
    one.deliveries().forEach(d -> ids.add(d.getEnvelope().getId()));
    two.deliveries().forEach(d -> ids.add(d.getEnvelope().getId()));
    assertThat(ids).hasSize(8);
  }

  @Test
  void catchUp_withMoreThanMemoryTakes_losesNothing() {
    WireInstance first = WIRE.connected(consumer);
    WireSubscriber.register(first, "heavy.*");
    first.close();
    WireInstance from = WIRE.connected(publisher);
    ByteString large = ByteString.copyFrom(new byte[900 << 10]);
    Set<String> sent = new HashSet<>();
    for (int i = 0; i < 10; i++) {
      EventEnvelope.Builder[] batch = new EventEnvelope.Builder[10];
      for (int j = 0; j < batch.length; j++) {
        batch[j] = event("heavy.n").setPayload(large).clearPayloadJson();
        sent.add(batch[j].getId());
      }
      assertThat(statuses(publish(from, batch))).containsOnly(1);
    }
    WireSubscriber back = WireSubscriber.of(WIRE.connected(consumer), 8, "heavy.*");
    Set<String> got = new HashSet<>();
    for (int i = 1; i <= sent.size(); i++) {
      EventDelivery delivery = back.delivery(i);
      got.add(delivery.getEnvelope().getId());
      back.ack(delivery);
    }
    assertThat(got).isEqualTo(sent);
  }
}
