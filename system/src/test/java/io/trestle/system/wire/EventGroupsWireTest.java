package io.trestle.system.wire;

import static io.trestle.system.wire.EventsWireTest.event;
import static io.trestle.system.wire.EventsWireTest.publish;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trestle.protocol.v1.EventDelivery;
import io.trestle.protocol.v1.EventSubscription;
import io.trestle.protocol.v1.RegisterRequest;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Several groups of one service on the one stream of an instance. */
class EventGroupsWireTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();
  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  private final ServiceKey consumer = WIRE.service();
  private final WireInstance publisher = WIRE.connected(WIRE.service());

  private static void register(WireInstance instance, String... groups) {
    RegisterRequest.Builder request = Declare.nothing();
    for (String group : groups) {
      request.addEventSubscriptions(
          EventSubscription.newBuilder().setPattern(group + ".*").setGroup(group));
    }
    instance.register(request).first();
  }

  @Test
  void groupThatIsNewWhileTheStreamIsOpen_getsItsDeliveries() {
    WireInstance instance = WIRE.connected(consumer);
    register(instance, "one");
    WireSubscriber subscriber = WireSubscriber.open(instance, 8);
    publish(publisher, event("one.a"));
    subscriber.ack(subscriber.delivery(1));

    register(instance, "one", "two");
    publish(publisher, event("two.a"));

    assertThat(subscriber.delivery(2).getEnvelope().getName()).isEqualTo("two.a");
  }

  @Test
  void groups_shareTheSlotsOfTheStream() {
    WireInstance instance = WIRE.connected(consumer);
    register(instance, "one", "two", "three");
    WireSubscriber subscriber = WireSubscriber.open(instance, 2);
    for (int i = 0; i < 6; i++) {
      publish(publisher, event("one.n" + i));
    }
    assertThat(subscriber.delivery(2).getEnvelope().getName()).startsWith("one.");
    publish(publisher, event("two.a"), event("three.a"));
    await().during(Duration.ofMillis(300)).until(() -> subscriber.deliveries().size() == 2);

    for (int i = 1; i <= 8; i++) {
      EventDelivery delivery = subscriber.delivery(i);
      assertThat(subscriber.deliveries()).hasSizeLessThanOrEqualTo(i + 1);
      subscriber.ack(delivery);
    }
    assertThat(subscriber.deliveries().subList(2, 5))
        .as("who has less goes first")
        .anyMatch(d -> d.getEnvelope().getName().equals("two.a"))
        .anyMatch(d -> d.getEnvelope().getName().equals("three.a"));
  }
}
