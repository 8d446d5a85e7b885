package io.trestle.system.wire;

import static io.trestle.system.wire.EventsWireTest.event;
import static io.trestle.system.wire.EventsWireTest.publish;
import static io.trestle.system.wire.EventsWireTest.statuses;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.trestle.protocol.v1.EventDelivery;
import io.trestle.testing.TrestleExtension;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Many consumers that do not answer, and more events for them than there is memory. */
class SlowConsumersTest {
  private static final int CONSUMERS = 16;
  private static final int LARGE = 900 << 10;

  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();
  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  private static double metric(String name) {
    Matcher line = Pattern.compile("(?m)^" + name + " (.*)$").matcher(WIRE.scrape());
    assertThat(line.find()).as(name).isTrue();
    return Double.parseDouble(line.group(1));
  }

  @Test
  void consumersThatAreBehind_shareTheMemory_andAllGoOn() {
    double bound = metric("sb_event_memory_bound_bytes");
    List<WireSubscriber> slow = new ArrayList<>();
    for (int i = 0; i < CONSUMERS; i++) {
      slow.add(WireSubscriber.of(WIRE.connected(WIRE.service()), 1, "slow.*"));
    }
    WireInstance from = WIRE.connected(WIRE.service());
    ByteString payload = ByteString.copyFrom(new byte[LARGE]);
    int events = (int) (bound / CONSUMERS / LARGE * 2);
    for (int i = 0; i < events; i++) {
      assertThat(statuses(publish(from, event("slow.a").clearPayloadJson().setPayload(payload))))
          .containsExactly(1);
    }

    await().until(() -> metric("sb_event_memory_bytes") > bound / 2);
    await().until(() -> metric("sb_event_memory_consumers_waiting") > 0);
    assertThat(metric("sb_event_memory_bytes")).isLessThan(bound + CONSUMERS * 2.0 * LARGE);

    for (int i = 1; i <= 3; i++) {
      for (WireSubscriber subscriber : slow) {
        EventDelivery delivery = subscriber.delivery(i);
        assertThat(delivery.getEnvelope().getPayload().size()).isEqualTo(LARGE);
        subscriber.ack(delivery);
      }
    }
    slow.forEach(subscriber -> subscriber.delivery(4));
    assertThat(metric("sb_event_memory_bytes")).isLessThan(bound + CONSUMERS * 2.0 * LARGE);
  }
}
