package io.trestle.testing.wire;

import static io.trestle.testing.wire.EventsWireTest.event;
import static io.trestle.testing.wire.EventsWireTest.statuses;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trestle.protocol.Methods;
import io.trestle.protocol.v1.EventEnvelope;
import io.trestle.protocol.v1.PublishRequest;
import io.trestle.protocol.v1.PublishResponse;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** An idempotency key that is taken between the look-up and the write. */
class EventKeysWireTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();
  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  private static final String TAKE =
      "INSERT INTO event_idempotency (publisher_service_id, key, event_id, digest, expires_at_ms)"
          + " VALUES (?, 'k', ?, '', ?)";

  private final ServiceKey publisher = WIRE.service();

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
}
