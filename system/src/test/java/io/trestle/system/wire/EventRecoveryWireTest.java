package io.trestle.system.wire;

import static io.trestle.system.wire.EventsWireTest.event;
import static io.trestle.system.wire.EventsWireTest.publish;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trestle.protocol.v1.EventEnvelope;
import io.trestle.testing.Sql;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Starts on tables that say something wrong. */
class EventRecoveryWireTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();
  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  private final ServiceKey publisher = WIRE.service();
  private final ServiceKey consumer = WIRE.service();

  private static Sql sql() {
    return TRESTLE.kernel().sql();
  }

  private static UUID id(ServiceKey service) {
    return UUID.fromString(service.id());
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 50})
  void pendingThatIsWrong_isCorrectedAtTheEndOfTheLog(long stored) {
    WireSubscriber.away(WIRE.connected(consumer), "count.*");
    publish(WIRE.connected(publisher), event("count.a"), event("count.b"), event("count.c"));
    TRESTLE.kernel().stop();
    sql().update("UPDATE event_consumers SET pending = ? WHERE owner_id = ?", stored, id(consumer));
    TRESTLE.kernel().run();

    WireSubscriber subscriber = WireSubscriber.of(WIRE.connected(consumer), 8, "count.*");

    for (int i = 1; i <= 3; i++) {
      subscriber.ack(subscriber.delivery(i));
    }
    await()
        .until(
            () ->
                sql()
                    .column(
                        Long.class,
                        "SELECT pending FROM event_consumers WHERE owner_id = ? AND floor >= (SELECT"
                            + " max(seq) FROM event_log)",
                        id(consumer))
                    .equals(List.of(0L)));
  }

  @Test
  void rowsThatWereEditedByHand_stopNobodyElse_andLoseNothing() {
    WireSubscriber.away(WIRE.connected(consumer), "edit.*", "good.*");
    ServiceKey other = WIRE.service();
    WireSubscriber.away(WIRE.connected(other), "edit.*");
    EventEnvelope.Builder kept = event("edit.a");
    publish(WIRE.connected(publisher), kept, event("good.a"));
    TRESTLE.kernel().stop();
    assertThat(
            sql()
                    .update(
                        "UPDATE event_subscriptions SET pattern = 'Not..one' WHERE service_id = ?"
                            + " AND pattern = 'edit.*'",
                        id(consumer))
                + sql()
                    .update(
                        "UPDATE event_subscriptions SET filter = '{nonsense' WHERE service_id = ?",
                        id(other))
                + sql()
                    .update(
                        "UPDATE event_consumers SET finished = '{(,)}' WHERE owner_id = ?",
                        id(other)))
        .isEqualTo(3);

    TRESTLE.kernel().run();

    WireSubscriber subscriber = WireSubscriber.of(WIRE.connected(consumer), 8, "edit.*", "good.*");
    assertThat(subscriber.delivery(1).getEnvelope().getName()).isEqualTo("good.a");
    publish(WIRE.connected(publisher), event("edit.b"));
    assertThat(subscriber.delivery(2).getEnvelope().getName()).isEqualTo("edit.b");
    assertThat(WIRE.deliveries(kept.getId())).contains("pending");
  }
}
