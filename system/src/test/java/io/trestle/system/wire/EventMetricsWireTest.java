package io.trestle.system.wire;

import static io.trestle.system.wire.EventsWireTest.event;
import static io.trestle.system.wire.EventsWireTest.publish;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.trestle.protocol.v1.EventSubscription;
import io.trestle.protocol.v1.PublishedEvent;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Every stage of events is measured, and what is measured is in the guide. */
class EventMetricsWireTest {
  private static final Pattern SHOWN =
      Pattern.compile("(?m)^# TYPE (sb_(?:event|deliver|dlq)[a-z_]*) ");

  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();
  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  private final ServiceKey publisher = WIRE.service();
  private final ServiceKey consumer = WIRE.service();

  /** The sum of all series of a metric whose labels contain this. */
  private static double metric(String name, String labels) {
    Matcher line = Pattern.compile("(?m)^" + name + "(\\{.*?})? (\\S+)$").matcher(WIRE.scrape());
    double sum = 0;
    while (line.find()) {
      if (String.valueOf(line.group(1)).contains(labels)) {
        sum += Double.parseDouble(line.group(2));
      }
    }
    return sum;
  }

  private static double metric(String name) {
    return metric(name, "");
  }

  private String group() {
    return "group=\"" + consumer.name() + "\"";
  }

  @Test
  void publishAndHandOut_areTimed_andWhatWaitsForASlotIsShown() {
    double published = metric("sb_event_publish_duration_seconds_count");
    WireSubscriber subscriber = WireSubscriber.of(WIRE.connected(consumer), 1, "stage.*");
    WireInstance from = WIRE.connected(publisher);
    for (int i = 0; i < 3; i++) {
      publish(from, event("stage.a"));
    }
    publish(from, event("stage.keyed").setPartitionKey("k"));
    publish(from, event("stage.keyed").setPartitionKey("k"));
    subscriber.delivery(1);

    assertThat(metric("sb_event_publish_duration_seconds_count")).isEqualTo(published + 5);
    assertThat(metric("sb_event_first_handout_delay_seconds_count", group())).isEqualTo(1);
    await().until(() -> metric("sb_event_deliveries_ready", group()) == 3);

    for (int i = 1; i <= 5; i++) {
      subscriber.ack(subscriber.delivery(i));
    }
    await().until(() -> metric("sb_event_deliveries_ready", group()) == 0);
    assertThat(metric("sb_event_first_handout_delay_seconds_count", group())).isEqualTo(5);
    await().until(() -> metric("sb_event_progress_flushes_total", "outcome=\"stored\"") > 0);
    await().until(() -> metric("sb_event_progress_age_seconds") == 0);
  }

  @Test
  void retriedDelivery_isNoFirstHandOut() {
    WireSubscriber subscriber = WireSubscriber.of(WIRE.connected(consumer), 1, "again.*");
    publish(WIRE.connected(publisher), event("again.a"));
    subscriber.nack(subscriber.delivery(1), "no");
    subscriber.ack(subscriber.delivery(2));
    assertThat(metric("sb_event_first_handout_delay_seconds_count", group())).isEqualTo(1);
  }

  @Test
  void namesThatWereNotDeclared_areCounted() {
    double before = metric("sb_events_undeclared_total");
    WireInstance from = WIRE.connected(publisher);
    publish(from, event("undeclared.a"));
    assertThat(metric("sb_events_undeclared_total")).as("nothing is declared").isEqualTo(before);
    from.register(
            Declare.nothing().addPublished(PublishedEvent.newBuilder().setName("undeclared.a")))
        .first();

    publish(from, event("undeclared.a"), event("undeclared.b"), event("undeclared.b"));

    assertThat(metric("sb_events_undeclared_total")).isEqualTo(before + 2);
  }

  @Test
  void eventsThatNoFilterCanLookInto_areCounted() {
    double before = metric("sb_event_filter_unevaluable_total");
    WIRE.connected(consumer)
        .register(
            Declare.nothing()
                .addEventSubscriptions(
                    EventSubscription.newBuilder().setPattern("opaque.*").setFilter("{\"$.n\":1}")))
        .first();
    publish(
        WIRE.connected(publisher),
        event("opaque.a").setContractHash("v2:x").setPayloadJson(ByteString.EMPTY),
        event("opaque.b"));
    assertThat(metric("sb_event_filter_unevaluable_total")).isEqualTo(before + 1);
  }

  @Test
  void consumerThatIsBehind_isSeenReading() {
    WireSubscriber.away(WIRE.connected(consumer), "behind.*");
    publish(WIRE.connected(publisher), event("behind.a"), event("behind.b"));
    TRESTLE.kernel().stop();
    TRESTLE.kernel().run();
    double before = metric("sb_event_log_reads_total", "kind=\"page\"");
    WireSubscriber subscriber = WireSubscriber.of(WIRE.connected(consumer), 4, "behind.*");
    subscriber.ack(subscriber.delivery(1));
    subscriber.ack(subscriber.delivery(2));
    assertThat(metric("sb_event_log_reads_total", "kind=\"page\"")).isGreaterThan(before);
    assertThat(metric("sb_event_log_read_events_total", "kind=\"page\"")).isGreaterThan(1);
  }

  @Test
  void guide_namesEveryMetric() throws IOException {
    WireSubscriber subscriber = WireSubscriber.of(WIRE.connected(consumer), 1, "guide.*");
    publish(WIRE.connected(publisher), event("guide.a"));
    subscriber.ack(subscriber.delivery(1));
    await().until(() -> metric("sb_deliveries_total", group()) == 1);
    await().until(() -> WIRE.scrape().contains("sb_dlq_size{" + group()));

    Set<String> shown = new TreeSet<>();
    Matcher names = SHOWN.matcher(WIRE.scrape());
    while (names.find()) {
      shown.add(names.group(1));
    }
    String guide = Files.readString(Path.of("..", "docs", "guide", "events.md"));

    assertThat(shown).hasSizeGreaterThan(25);
    // The largest of each interval comes with a timer; it needs no line of its own.
    shown.removeIf(name -> name.endsWith("_max"));
    assertThat(shown).allMatch(name -> guide.contains('`' + name + '`'));
  }
}
