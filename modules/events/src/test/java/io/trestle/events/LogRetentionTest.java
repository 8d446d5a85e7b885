package io.trestle.events;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.kernel.TestPostgres;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.Pool;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
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
    try (InputStream in = getClass().getResourceAsStream("/db/events/V1__events.sql")) {
      database =
          TestPostgres.newDatabase(
              new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8),
              "SELECT trestle_event_partition('" + LONG_AGO + "')");
    }
    log = new LogStore(pool());
    event(5);
  }

  @AfterEach
  void close() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private void event(long position) {
    long accepted = LONG_AGO.atStartOfDay(ZoneOffset.UTC).toInstant().toEpochMilli() + position;
    TestPostgres.execute(
        database,
        """
        INSERT INTO event_log SELECT trestle_uuid_from(%d), %d, gen_random_uuid(),
          gen_random_uuid(), 'a', '', '', '', '', '', NULL, 0, '', NULL, %d
        """
            .formatted(accepted, position, accepted));
  }

  private void sweep(long floor, long now) throws Exception {
    log.dropFinished(floor, now, KEEP)
        .toCompletionStage()
        .toCompletableFuture()
        .get(10, TimeUnit.SECONDS);
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
  void daysToCome_areKept() throws Exception {
    sweep(9, NOW - 365 * DAY);
    sweep(9, NOW - 300 * DAY);
    assertThat(isThere()).isTrue();
  }
}
