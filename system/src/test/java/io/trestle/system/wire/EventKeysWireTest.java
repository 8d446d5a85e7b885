package io.trestle.system.wire;

import static io.trestle.system.wire.EventsWireTest.event;
import static io.trestle.system.wire.EventsWireTest.publish;
import static io.trestle.system.wire.EventsWireTest.statuses;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.trestle.Acceptance;
import io.trestle.protocol.Methods;
import io.trestle.protocol.v1.EventEnvelope;
import io.trestle.protocol.v1.PublishRequest;
import io.trestle.protocol.v1.PublishResponse;
import io.trestle.protocol.v1.PublishStatusEntry;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Idempotency keys: how long they hold, what is the same content, and one that is taken between the
 * look-up and the write.
 */
class EventKeysWireTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();
  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  private static final String TAKE =
      "INSERT INTO event_idempotency (publisher_service_id, key, event_id, digest, expires_at_ms)"
          + " VALUES (?, 'k', ?, '', ?)";

  private final ServiceKey publisher = WIRE.service();

  @AfterEach
  void usualSettings() {
    WIRE.setting("rpc.idempotency_event_ttl_ms", "86400000");
  }

  @Test
  void keyOfAnotherEvent_thatIsCommittedLate_staysItsOwn() throws SQLException {
    UUID other = UUID.randomUUID();
    assertThat(raced(other, Long.MAX_VALUE)).containsExactly(7, 1);
    assertThat(holder()).containsExactly(other);
  }

  @Test
  void keyWhoseTimeIsOver_isTakenAgain() throws SQLException {
    UUID other = UUID.randomUUID();
    assertThat(raced(other, 1)).containsExactly(1, 1);
    assertThat(holder()).hasSize(1).doesNotContain(other);
  }

  /** Somebody's commit that was on its way, as after a write of which nobody knew. */
  private List<Integer> raced(UUID other, long expiresAt) throws SQLException {
    WireInstance from = WIRE.connected(publisher);
    EventEnvelope.Builder keyed = event("race.a").setIdempotencyKey("k");
    try (Connection connection = TRESTLE.kernel().sql().connect()) {
      connection.setAutoCommit(false);
      try (PreparedStatement statement = connection.prepareStatement(TAKE)) {
        statement.setObject(1, UUID.fromString(publisher.id()));
        statement.setObject(2, other);
        statement.setLong(3, expiresAt);
        statement.executeUpdate();
      }
      WireStream<PublishRequest, PublishResponse> call =
          from.client()
              .open(
                  Methods.EVENTS_PUBLISH,
                  PublishRequest.newBuilder().addEvents(keyed).addEvents(event("race.b")).build());
      await().until(() -> waiters() > 0);
      connection.commit();
      return statuses(call.ended().ok().getResultsList());
    }
  }

  private static long waiters() {
    return TRESTLE
        .kernel()
        .sql()
        .count(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                + " AND datname = current_database() AND query LIKE '%event_idempotency%'");
  }

  private List<UUID> holder() {
    return TRESTLE
        .kernel()
        .sql()
        .column(
            UUID.class,
            "SELECT event_id FROM event_idempotency WHERE publisher_service_id = ?",
            UUID.fromString(publisher.id()));
  }

  @Test
  @Acceptance("EV-14")
  void key_isFreeAgain_whenItsWindowIsOver() {
    WIRE.setting("rpc.idempotency_event_ttl_ms", "1000");
    WireInstance from = WIRE.connected(publisher);
    assertThat(statuses(publish(from, event("ttl.a").setIdempotencyKey("k")))).containsExactly(1);
    assertThat(statuses(publish(from, event("ttl.a").setIdempotencyKey("k")))).containsExactly(3);
    await()
        .until(
            () ->
                statuses(publish(from, event("ttl.a").setIdempotencyKey("k"))).equals(List.of(1)));
  }

  @Test
  @Acceptance({"EV-17", "EV-18"})
  void olderClient_thatSendsTheSameAgain_getsAnAnswerItUnderstands() {
    WireInstance from = WIRE.connected(publisher);
    publish(from, event("old.a").setIdempotencyKey("k"));
    EventEnvelope.Builder repeat = event("old.a").setIdempotencyKey("k");
    assertThat(publish(from, repeat).get(0).getEventId()).isNotEqualTo(repeat.getId());
    await()
        .untilAsserted(
            () -> {
              PublishStatusEntry again = publish(from, repeat).get(0);
              assertThat(again.getStatusValue()).isEqualTo(3);
              assertThat(again.getEventId()).isEqualTo(repeat.getId());
            });
    EventEnvelope.Builder other = PullClient.n("old.a", 7).setIdempotencyKey("k");
    assertThat(statuses(publish(from, other))).containsExactly(7);
    await()
        .untilAsserted(
            () -> {
              PublishStatusEntry again = publish(from, other).get(0);
              assertThat(again.getStatusValue()).isEqualTo(6);
              assertThat(again.getMessage()).startsWith("conflict: ");
            });
  }

  private static EventEnvelope.Builder map(String payload, String json) {
    return event("map.a")
        .setIdempotencyKey("k")
        .setPayload(ByteString.copyFromUtf8(payload))
        .setPayloadJson(ByteString.copyFromUtf8(json));
  }

  private static void assertKnown(WireInstance from) {
    EventEnvelope.Builder same = map("ba", "{ \"b\": 2, \"a\": 1 }");
    assertThat(statuses(publish(from, same))).containsExactly(3);
    assertThat(statuses(publish(from, map("ba", "{\"a\":1,\"b\":3}")))).containsExactly(7);
    assertThat(statuses(publish(from, map("ba", "")))).as("without a view").containsExactly(7);
  }

  @Test
  @Acceptance("EV-16")
  void mapInAnotherOrder_isTheSameContent_inTheSameRequestOrALaterOne_andAfterARestart() {
    WireInstance from = WIRE.connected(publisher);
    EventEnvelope.Builder first = map("ab", "{\"a\":1,\"b\":2.0}");
    EventEnvelope.Builder second = map("ba", "{ \"b\": 2, \"a\": 1 }");
    assertThat(statuses(publish(from, first, second))).containsExactly(1, 3);
    assertKnown(from);

    TRESTLE.kernel().stop();
    TRESTLE.kernel().run();

    assertKnown(WIRE.connected(publisher));
  }
}
