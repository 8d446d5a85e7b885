package io.trestle.events;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.kernel.TestPostgres;
import io.trestle.kernel.TestStage;
import io.trestle.kernel.database.DirectWrites;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.Pool;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What the view of deliveries says: of one consumer, everything up to 10 finished, and 12. The rows
 * are older than the last migration.
 */
class EventDeliveriesTest {
  private static final int CONSUMER = 7;

  private final Vertx vertx = Vertx.vertx();
  private PgConnectOptions database = new PgConnectOptions();

  @BeforeEach
  void eightEvents() {
    database =
        TestPostgres.newDatabase(
            script("V1__events"),
            script("V2__operators"),
            script("V3__http_subscriptions"),
            script("V4__delivery_ttl"),
            script("V5__token_scope"),
            """
            INSERT INTO event_consumers
              (number, kind, owner_id, group_name, floor, finished, pending, offline_since_ms,
               created_at_ms)
            VALUES (7, 'service', gen_random_uuid(), '', 10, '{[12,13)}', 2, 0, 0)
            """,
            "INSERT INTO event_subscriptions VALUES (1, 7, gen_random_uuid(), '#', '', '', true)",
            "UPDATE event_checkpoint SET seq = 20",
            """
            INSERT INTO event_log SELECT lpad(to_hex(n), 32, '0')::uuid, n, gen_random_uuid(),
              gen_random_uuid(), 'a', '', '', '', '', '', NULL, 0, '', '{1}', 0
            FROM generate_series(5, 13) AS n
            """,
            script("V6__dropped_letters"));
  }

  @AfterEach
  void close() {
    TestStage.await(vertx.close());
  }

  private static String script(String name) {
    String resource = "/db/events/" + name + ".sql";
    try (InputStream in = EventDeliveriesTest.class.getResourceAsStream(resource)) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private Pool pool() {
    return PgBuilder.pool().connectingTo(database).using(vertx).build();
  }

  private static UUID id(long position) {
    return new UUID(0, position);
  }

  /** A dead letter of three attempts; its own id is that of its event. */
  private void letter(long position, String diedAt, String replayedAt, String replayPosition) {
    TestPostgres.execute(
        database,
        """
        INSERT INTO events_dlq SELECT '%1$s', %2$d, gen_random_uuid(), '%1$s', %3$d,
          gen_random_uuid(), gen_random_uuid(), 'a', '', '', '', '', NULL, 0, '', NULL, 0,
          'max_attempts', 'bad', 3, CASE WHEN %6$s IS NULL THEN 0 ELSE 1 END, %4$s, %5$s, %6$s
        """
            .formatted(id(position), CONSUMER, position, diedAt, replayedAt, replayPosition));
  }

  private void trouble(long position, int attempts) {
    TestPostgres.execute(
        database,
        "INSERT INTO event_troubles VALUES (7, %d, %d, 2, 99, 'busy')"
            .formatted(position, attempts));
  }

  private List<@Nullable String> shown(String columns) {
    String sql = "SELECT concat_ws(' ', " + columns + ") FROM event_deliveries ORDER BY seq";
    return TestPostgres.query(database, sql).stream().map(row -> row.get(0)).toList();
  }

  @Test
  void delivery_isPendingDeadOrDone_withWhatIsKnownOfIt() {
    letter(5, "1", "NULL", "NULL");
    letter(6, "1", "2", "8");
    letter(7, "1", "2", "15");
    trouble(5, 3);
    trouble(8, 1);
    trouble(11, 2);
    trouble(15, 1);

    assertThat(
            shown(
                "seq, status, coalesce(failed_attempts::text, '-'), coalesce(losses::text, '-'),"
                    + " coalesce(due_at_ms::text, '-'), coalesce(last_error, '-'), replay_count"))
        .containsExactly(
            "5 dead 3 - - bad 0",
            "6 success - - - - 1",
            "7 pending 4 2 99 busy 1",
            "8 success - - - - 0",
            "9 success - - - - 0",
            "10 success - - - - 0",
            "11 pending 2 2 99 busy 0",
            "12 success - - - - 0",
            "13 pending 0 0 - - 0");
  }

  @Test
  void letter_thatIsDropped_isNoSuccess() {
    letter(5, "1", "NULL", "NULL");
    letter(11, "1", "NULL", "NULL");

    List<UUID> gone =
        TestStage.await(
            new LetterStore(pool(), DirectWrites.unfenced(pool())).drop(List.of(id(5), id(11))));

    assertThat(gone).as("11 is not known as finished yet").containsExactly(id(5));
    assertThat(shown("seq, status, failed_attempts, last_error").subList(0, 2))
        .containsExactly("5 dropped 3", "6 success");
    assertThat(shown("seq, status").get(6)).isEqualTo("11 dead");
  }

  @Test
  void letters_whoseRetentionIsOver_areNoSuccesses_butTheirReplaysAre() {
    letter(5, "1", "NULL", "NULL");
    letter(6, "1", "2", "8");
    letter(9, "9", "NULL", "NULL");
    List<Integer> shownBefore = new ArrayList<>();

    int swept = TestStage.await(new DeadStore(pool()).sweep(5, shownBefore::add));

    assertThat(swept).isEqualTo(2);
    assertThat(shownBefore).containsExactly(CONSUMER);
    assertThat(shown("seq, status").subList(0, 5))
        .containsExactly("5 dropped", "6 success", "7 success", "8 success", "9 dead");
  }

  @Test
  void dropped_isForgottenWithItsEvent() {
    letter(3, "1", "NULL", "NULL");
    letter(5, "1", "NULL", "NULL");
    letter(8, "1", "NULL", "NULL");
    DeadStore store = new DeadStore(pool());
    assertThat(TestStage.await(store.sweep(5, consumer -> {}))).isEqualTo(3);
    assertThat(dropped()).as("the log begins at 5").isEqualTo("2");

    TestPostgres.execute(database, "DELETE FROM event_log WHERE seq < 7");
    assertThat(TestStage.await(store.forgetDropped())).isEqualTo(1);
    assertThat(shown("seq, status").get(1)).isEqualTo("8 dropped");
    TestPostgres.execute(database, "DELETE FROM event_log");
    assertThat(TestStage.await(store.forgetDropped())).isEqualTo(1);
    assertThat(dropped()).isEqualTo("0");
  }

  private @Nullable String dropped() {
    return TestPostgres.query(database, "SELECT count(*) FROM event_dropped").get(0).get(0);
  }
}
