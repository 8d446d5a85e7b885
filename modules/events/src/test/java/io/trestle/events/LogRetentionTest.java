package io.trestle.events;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.kernel.TestPostgres;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.SqlConnection;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How long a day of the log is kept. */
class LogRetentionTest {
  private static final long DAY = Duration.ofDays(1).toMillis();
  private static final long KEEP = 7 * DAY;
  private static final LocalDate LONG_AGO = LocalDate.of(2026, 3, 1);
  private static final long NOW =
      LocalDate.of(2026, 6, 1).atStartOfDay(ZoneOffset.UTC).toInstant().toEpochMilli();

  private final Vertx vertx = Vertx.vertx();
  private PgConnectOptions database = new PgConnectOptions();
  private LogStore log = new LogStore(pool());

  private Pool pool() {
    return PgBuilder.pool().connectingTo(database).using(vertx).build();
  }

  @BeforeEach
  void oneOldDay() throws IOException {
    database =
        TestPostgres.newDatabase(
            script("V1__events"),
            "SELECT trestle_event_partition('" + LONG_AGO + "')",
            script("V7__log_without_insert_vacuum"));
    log = new LogStore(pool());
    event(5);
  }

  private String script(String name) throws IOException {
    try (InputStream in = getClass().getResourceAsStream("/db/events/" + name + ".sql")) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void partitions_oldAndNew_areNotVacuumedForInserts() throws Exception {
    TestPostgres.execute(
        database, "SELECT trestle_event_partition('" + LONG_AGO.plusDays(1) + "')");

    List<String> options = new ArrayList<>();
    await(
            pool()
                .query(
                    """
                    SELECT unnest(ARRAY[log.reloptions::text, toast.reloptions::text])
                      FROM pg_class log JOIN pg_class toast ON toast.oid = log.reltoastrelid
                     WHERE log.relname ~ '^event_log_(2|o)' AND log.relkind = 'r'
                    """)
                .execute())
        .forEach(row -> options.add(row.getString(0)));

    assertThat(options).hasSize(6).containsOnly("{autovacuum_vacuum_insert_threshold=-1}");
  }

  @AfterEach
  void close() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  private void event(long position) {
    TestPostgres.execute(database, insert(position));
  }

  private static String insert(long position) {
    long accepted = LONG_AGO.atStartOfDay(ZoneOffset.UTC).toInstant().toEpochMilli() + position;
    return """
        INSERT INTO event_log SELECT trestle_uuid_from(%d), %d, gen_random_uuid(),
          gen_random_uuid(), 'a', '', '', '', '', '', NULL, 0, '', NULL, %d
        """
        .formatted(accepted, position, accepted);
  }

  private void sweep(long floor, long now) throws Exception {
    await(log.dropFinished(floor, now, KEEP));
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  private boolean isThere() {
    return TestPostgres.query(database, "SELECT to_regclass('event_log_20260301')").get(0).get(0)
        != null;
  }

  @Test
  void day_isKeptFromItsLastDeliveryOn_notFromAcceptance() throws Exception {
    sweep(4, NOW);
    sweep(4, NOW + 20 * DAY);
    assertThat(isThere()).as("a delivery is open").isTrue();

    sweep(5, NOW + 20 * DAY);
    sweep(5, NOW + 20 * DAY + KEEP);
    assertThat(isThere()).as("the last one has just ended").isTrue();

    sweep(5, NOW + 20 * DAY + KEEP + 1);
    assertThat(isThere()).isFalse();
  }

  @Test
  void eventThatComesLate_startsTheTimeAgain() throws Exception {
    sweep(5, NOW);
    event(9);
    sweep(8, NOW + KEEP + 1);
    sweep(9, NOW + KEEP + 2);
    sweep(9, NOW + KEEP + 3);
    assertThat(isThere()).isTrue();
    sweep(9, NOW + 2 * KEEP + 3);
    assertThat(isThere()).isFalse();
  }

  @Test
  void eventThatIsBeingWritten_keepsItsDay() throws Exception {
    sweep(5, NOW);
    SqlConnection writer = await(pool().getConnection());
    await(writer.query("BEGIN").execute());
    await(writer.query(insert(9)).execute());

    Future<Void> dropping = log.dropFinished(5, NOW + KEEP + 1, KEEP);
    Awaitility.await().until(() -> dropping.isComplete() || isWaiting());
    await(writer.query("COMMIT").execute());
    await(dropping.otherwiseEmpty());

    assertThat(isThere()).isTrue();
  }

  private boolean isWaiting() {
    return !TestPostgres.query(
            database,
            "SELECT 1 FROM pg_locks WHERE NOT granted AND database ="
                + " (SELECT oid FROM pg_database WHERE datname = current_database())")
        .isEmpty();
  }

  @Test
  void oddIds_goByAcceptance_alsoBehindYoungerOnes() throws Exception {
    long young = NOW - KEEP + 1;
    int behind = LogStore.SWEPT_AT_A_TIME;
    TestPostgres.execute(
        database,
        """
        INSERT INTO event_log_other SELECT gen_random_uuid(), n, gen_random_uuid(),
          gen_random_uuid(), 'a', '', '', '', '', '', NULL, 0, '', NULL,
          CASE WHEN n <= %d THEN %d ELSE 1 END
        FROM generate_series(1, %d) AS n
        """
            .formatted(behind, young, behind + 2));

    sweep(behind + 1, NOW);

    assertThat(TestPostgres.query(database, "SELECT max(seq), count(*) FROM event_log_other"))
        .as("all but the old one whose deliveries ended")
        .containsExactly(List.of(behind + 2 + "", behind + 1 + ""));
  }

  @Test
  void daysToCome_areKept() throws Exception {
    sweep(9, NOW - 365 * DAY);
    sweep(9, NOW - 300 * DAY);
    assertThat(isThere()).isTrue();
  }
}
