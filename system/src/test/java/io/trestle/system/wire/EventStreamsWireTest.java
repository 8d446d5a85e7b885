package io.trestle.system.wire;

import static io.trestle.system.wire.EventsWireTest.event;
import static io.trestle.system.wire.EventsWireTest.publish;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trestle.Acceptance;
import io.trestle.protocol.v1.EventDelivery;
import io.trestle.protocol.v1.EventEnvelope;
import io.trestle.protocol.v1.EventSubscription;
import io.trestle.protocol.v1.RegisterRequest;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Streams that break while their session lives, instances that drain, answers without a token. */
class EventStreamsWireTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();
  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  /** Where nobody is called in these tests. */
  private static final String ENDPOINT = "127.0.0.1:9";

  private final ServiceKey consumer = WIRE.service();
  private final WireInstance publisher = WIRE.connected(WIRE.service());

  @AfterEach
  void usualSettings() {
    WIRE.setting("events.visibility_timeout_ms", "30000");
  }

  @Test
  @Acceptance("EV-63")
  void lane_whoseStreamBreaksWhileTheSessionLives_goesOnWhenTheLeaseIsOver() {
    WIRE.setting("events.visibility_timeout_ms", "6000");
    WireInstance one = WIRE.connected(consumer);
    WireSubscriber first = WireSubscriber.of(one, 4, "break.*");
    long before = System.nanoTime();
    publish(publisher, event("break.a").setPartitionKey("k"));
    publish(publisher, event("break.b").setPartitionKey("k"), event("break.free"));
    assertThat(first.delivery(1).getEnvelope().getName()).isEqualTo("break.a");
    assertThat(first.delivery(2).getEnvelope().getName()).isEqualTo("break.free");
    WireSubscriber second = WireSubscriber.of(WIRE.connected(consumer), 4, "break.*");

    first.stream().cancel();

    assertThat(second.delivery(1).getEnvelope().getName())
        .as("what has no lane goes on at once")
        .isEqualTo("break.free");
    WireSubscriber again = WireSubscriber.open(one, 4);
    await().until(() -> second.deliveries().size() + again.deliveries().size() == 2);
    assertThat(Duration.ofNanos(System.nanoTime() - before))
        .isGreaterThanOrEqualTo(Duration.ofSeconds(6));
    assertThat(one.control().isOver()).isFalse();
    WireSubscriber holder = again.deliveries().isEmpty() ? second : again;
    EventDelivery head = holder.delivery(holder == second ? 2 : 1);
    assertThat(head.getEnvelope().getName()).isEqualTo("break.a");
    assertThat(head.getAttempt()).as("the hand-out before did not count").isEqualTo(1);
    holder.ack(head);
    EventDelivery next = holder.delivery(holder == second ? 3 : 2);
    assertThat(next.getEnvelope().getName()).isEqualTo("break.b");
  }

  private static void register(WireInstance instance, String endpoint) {
    RegisterRequest.Builder request =
        endpoint.isEmpty() ? Declare.nothing() : Declare.handlers(endpoint, "some.method");
    request.addEventSubscriptions(EventSubscription.newBuilder().setPattern("drain.*"));
    instance.register(request).first();
  }

  @Test
  @Acceptance("EV-55")
  void instanceThatDrains_getsNothingNew_andWhatItLeavesRunsElsewhereWithTheSameAttempt() {
    WireInstance one = WIRE.connected(consumer);
    register(one, ENDPOINT);
    WireSubscriber draining = WireSubscriber.open(one, 32);
    publish(publisher, event("drain.keyed").setPartitionKey("k"), event("drain.free"));
    draining.delivery(2);
    WireInstance two = WIRE.connected(consumer);
    register(two, ENDPOINT);
    WireSubscriber staying = WireSubscriber.open(two, 32);

    register(one, "");

    EventEnvelope.Builder[] events = new EventEnvelope.Builder[20];
    for (int i = 0; i < events.length; i++) {
      events[i] = event("drain.n" + i);
    }
    publish(publisher, events);
    staying.delivery(events.length);
    assertThat(draining.deliveries()).hasSize(2);
    assertThat(staying.deliveries())
        .noneMatch(d -> d.getEnvelope().getName().matches("drain\\.(keyed|free)"));

    one.close();

    staying.delivery(events.length + 2);
    assertThat(staying.deliveries().subList(events.length, events.length + 2))
        .allSatisfy(d -> assertThat(d.getAttempt()).isEqualTo(1))
        .extracting(d -> d.getEnvelope().getName())
        .containsExactlyInAnyOrder("drain.keyed", "drain.free");
  }

  @Test
  @Acceptance("EV-53")
  void ackWithoutToken_finishesTheDeliveryOfItsOwnStream_andOfNoOther() {
    WireSubscriber one = WireSubscriber.of(WIRE.connected(consumer), 1, "old.*");
    WireSubscriber two = WireSubscriber.of(WIRE.connected(consumer), 1, "old.*");
    publish(publisher, event("old.a"), event("old.b"));
    EventDelivery atOne = one.delivery(1);
    EventDelivery atTwo = two.delivery(1);

    two.ack(withoutToken(atOne));
    two.ack(withoutToken(atTwo));
    await().until(() -> WIRE.isDelivered(atTwo.getEnvelope().getId()));
    assertThat(WIRE.isDelivered(atOne.getEnvelope().getId()))
        .as("by an ack of the other stream")
        .isFalse();

    one.ack(withoutToken(atOne));
    await().until(() -> WIRE.isDelivered(atOne.getEnvelope().getId()));
  }

  private static EventDelivery withoutToken(EventDelivery delivery) {
    return delivery.toBuilder().clearLeaseToken().build();
  }
}
