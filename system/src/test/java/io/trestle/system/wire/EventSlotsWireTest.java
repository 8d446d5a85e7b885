package io.trestle.system.wire;

import static io.trestle.system.wire.EventsWireTest.event;
import static io.trestle.system.wire.EventsWireTest.publish;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trestle.Acceptance;
import io.trestle.protocol.v1.EventDelivery;
import io.trestle.protocol.v1.EventEnvelope;
import io.trestle.protocol.v1.Nack;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** How much a stream may hold, and what becomes of deliveries that are let go or never answered. */
class EventSlotsWireTest {
  private static final Duration QUIET = Duration.ofMillis(500);

  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();
  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  private final ServiceKey consumer = WIRE.service();
  private final WireInstance publisher = WIRE.connected(WIRE.service());

  @AfterEach
  void usualSettings() {
    WIRE.setting("events.visibility_timeout_ms", "30000");
    WIRE.setting("events.orphan_grace_ms", "30000");
  }

  private void publishMany(int count, String name, String lane) {
    publish(
        publisher,
        IntStream.range(0, count)
            .mapToObj(i -> event(name).setPartitionKey(lane))
            .toArray(EventEnvelope.Builder[]::new));
  }

  @Test
  @Acceptance("EV-50")
  void unansweredDeliveries_areNeverMoreThanAskedFor() {
    WireSubscriber slow = WireSubscriber.of(WIRE.connected(consumer), 4, "slots.*");
    publishMany(100, "slots.n", "");
    slow.delivery(4);
    await().during(QUIET).until(() -> slow.deliveries().size() == 4);

    for (int answered = 0; answered < 100; answered++) {
      assertThat(slow.deliveries()).hasSizeLessThanOrEqualTo(answered + 4);
      slow.ack(slow.delivery(answered + 1));
    }

    await().during(QUIET).until(() -> slow.deliveries().size() == 100);
    assertThat(slow.deliveries()).allSatisfy(d -> assertThat(d.getAttempt()).isEqualTo(1));
  }

  @Test
  @Acceptance("EV-51")
  void slotsWhoseLeaseIsOver_areNotFilledAgain_untilTheyAreAnswered() {
    WIRE.setting("events.visibility_timeout_ms", "1000");
    WireSubscriber hung = WireSubscriber.of(WIRE.connected(consumer), 4, "hung.*");
    publishMany(5, "hung.n", "");
    hung.delivery(4);
    WireSubscriber other = WireSubscriber.of(WIRE.connected(consumer), 8, "hung.*");

    EventDelivery waiting = other.delivery(1);
    assertThat(waiting.getAttempt()).as("was never handed out").isEqualTo(1);
    EventDelivery repeated = other.delivery(5);
    assertThat(repeated.getAttempt()).isEqualTo(2);
    publishMany(3, "hung.more", "");
    other.delivery(8);
    assertThat(hung.deliveries()).hasSize(4);

    other.ack(other.delivery(1));
    await().during(QUIET).until(() -> hung.deliveries().size() == 4);
    hung.ack(hung.delivery(1));
    hung.delivery(5);
  }

  @Test
  @Acceptance("EV-56")
  void payload_thatKillsItsProcessTenTimes_isADeadLetter() {
    EventEnvelope.Builder sent = event("kill.a");
    WireSubscriber.away(WIRE.connected(consumer), "kill.*");
    publish(publisher, sent);
    for (int loss = 1; loss <= 10; loss++) {
      assertThat(WIRE.letter("reason", sent.getId())).isEmpty();
      WireSubscriber victim = WireSubscriber.of(WIRE.connected(consumer), 4, "kill.*");
      assertThat(victim.delivery(1).getAttempt()).as("a loss is no attempt").isEqualTo(1);
      victim.instance().close();
    }

    await().until(() -> WIRE.letter("reason", sent.getId()).equals("max_attempts"));
    assertThat(WIRE.letter("last_error", sent.getId())).isEqualTo("consumer lost");
  }

  @Test
  @Acceptance("EV-57")
  void instanceWithoutHandler_isNotAskedAgain_whileThereIsAnother() {
    WireSubscriber one = WireSubscriber.of(WIRE.connected(consumer), 4, "roll.*");
    WireSubscriber two = WireSubscriber.of(WIRE.connected(consumer), 4, "roll.*");
    for (int i = 0; i < 6; i++) {
      int total = one.deliveries().size() + two.deliveries().size();
      int ofOne = one.deliveries().size();
      publish(publisher, event("roll.n"));
      await().until(() -> one.deliveries().size() + two.deliveries().size() == total + 1);
      boolean first = one.deliveries().size() > ofOne;
      WireSubscriber without = first ? one : two;
      WireSubscriber with = first ? two : one;
      int next = with.deliveries().size() + 1;

      without.nack(
          without.delivery(without.deliveries().size()),
          "no handler for matched patterns [roll.*]");

      EventDelivery again = with.delivery(next);
      assertThat(again.getAttempt()).isEqualTo(2);
      with.ack(again);
    }
  }

  @Test
  @Acceptance("EV-60")
  void lane_staysOnOneInstance_oneDeliveryAtATime() {
    List<WireSubscriber> four =
        IntStream.range(0, 4)
            .mapToObj(i -> WireSubscriber.of(WIRE.connected(consumer), 8, "home.*", "ready." + i))
            .toList();
    for (int i = 0; i < 4; i++) { // a stream that opens later would take the lane with it
      publish(publisher, event("ready." + i));
      four.get(i).ack(four.get(i).delivery(1));
    }
    publishMany(20, "home.n", "k");
    await().until(() -> received(four) == 1);
    WireSubscriber home =
        four.stream().filter(s -> s.deliveries().size() == 2).findFirst().orElseThrow();

    for (int i = 1; i <= 20; i++) {
      EventDelivery delivery = home.delivery(1 + i);
      assertThat(received(four)).isEqualTo(i);
      home.ack(delivery);
    }
  }

  /** Deliveries of all, without the first of each. */
  private static int received(List<WireSubscriber> subscribers) {
    return subscribers.stream().mapToInt(s -> s.deliveries().size() - 1).sum();
  }

  @Test
  @Acceptance("EV-69")
  void nothingIsOrphaned_whileTheWholeServiceIsOffline() {
    WIRE.setting("events.orphan_grace_ms", "100");
    WireSubscriber.away(WIRE.connected(consumer), "off.*");
    EventEnvelope.Builder free = event("off.free");
    EventEnvelope.Builder keyed = event("off.keyed").setPartitionKey("k");
    publish(publisher, free, keyed);

    await()
        .during(Duration.ofSeconds(2))
        .until(
            () ->
                WIRE.letter("reason", free.getId()).isEmpty()
                    && WIRE.letter("reason", keyed.getId()).isEmpty());

    WireSubscriber back = WireSubscriber.of(WIRE.connected(consumer), 4, "off.*");
    back.delivery(2);
    assertThat(back.deliveries())
        .allSatisfy(d -> assertThat(d.getAttempt()).isEqualTo(1))
        .extracting(d -> d.getEnvelope().getName())
        .containsExactlyInAnyOrder("off.free", "off.keyed");
  }

  @Test
  @Acceptance("EV-89")
  void lateAck_ofADeadLetter_changesNothing() {
    WireSubscriber subscriber = WireSubscriber.of(WIRE.connected(consumer), 4, "late.*");
    EventEnvelope.Builder dead = event("late.dead");
    EventEnvelope.Builder after = event("late.after");
    publish(publisher, dead);
    EventDelivery delivery = subscriber.delivery(1);
    subscriber.nack(delivery, Nack.newBuilder().setErrorMessage("no").setReject(true));
    await().until(() -> WIRE.letter("reason", dead.getId()).equals("rejected"));

    subscriber.ack(delivery);
    publish(publisher, after);
    subscriber.ack(subscriber.delivery(2));

    await().until(() -> WIRE.isDelivered(after.getId()));
    assertThat(WIRE.deliveries(dead.getId())).containsExactly("dead");
    assertThat(WIRE.letter("reason", dead.getId())).isEqualTo("rejected");
  }
}
