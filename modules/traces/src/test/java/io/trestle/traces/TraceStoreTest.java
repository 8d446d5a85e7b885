package io.trestle.traces;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trestle.kernel.TestPostgres;
import io.trestle.kernel.database.Database;
import io.trestle.kernel.database.DatabaseOptions;
import io.trestle.kernel.database.Dsn;
import io.trestle.kernel.database.MigrationSet;
import io.trestle.kernel.database.UrlDatabase;
import io.trestle.kernel.pipeline.KindIdempotence;
import io.trestle.traces.TraceStore.Written;
import io.trestle.traces.core.Entry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.Pool;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The SQL of the streams against a real PostgreSQL. */
class TraceStoreTest {
  private static final LocalDate DAY = LocalDate.of(2026, 1, 2);

  private static PgConnectOptions place;
  private static Vertx vertx;
  private static Pool pool;
  private static TraceStore store;

  private final UUID trace = UUID.randomUUID();
  private final UUID instance = UUID.randomUUID();

  @BeforeAll
  static void open() {
    place = TestPostgres.newDatabase();
    vertx = Vertx.vertx();
    String dsn =
        "postgres://%s:%s@%s:%d/%s?sslmode=disable"
            .formatted(
                place.getUser(),
                place.getPassword(),
                place.getHost(),
                place.getPort(),
                place.getDatabase());
    List<MigrationSet> sets =
        List.of(
            MigrationSet.kernel(),
            new MigrationSet("traces", TraceStoreTest.class.getClassLoader()));
    await(
        Database.open(
                vertx,
                new SimpleMeterRegistry(),
                new UrlDatabase(vertx, Dsn.parse(dsn)),
                DatabaseOptions.standard())
            .compose(database -> database.migrate(sets).eventually(database::close)));
    pool = PgBuilder.pool().connectingTo(place).using(vertx).build();
    store = new TraceStore(pool);
  }

  @AfterAll
  static void close() {
    await(pool.close());
    await(vertx.close());
  }

  private static <T> T await(Future<T> future) {
    try {
      return future.await(60, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError("no answer in 20 s", e);
    }
  }

  private static long at(LocalDate day, int hour) {
    return day.atTime(hour, 0).toInstant(ZoneOffset.UTC).toEpochMilli();
  }

  private Written row(long sequence, Entry.Kind kind, String key, String data, long at) {
    byte[] bytes = data.getBytes(StandardCharsets.UTF_8);
    Entry entry = new Entry(sequence, kind, key, bytes, kind == Entry.Kind.GAP ? 7 : 0);
    return new Written(trace, entry, at, UUID.randomUUID(), instance, 100 + sequence);
  }

  private static void write(Written... rows) {
    KindIdempotence.check(vertx, place, TraceStore.APPEND, List.of(rows));
  }

  private static List<String> days() {
    return TestPostgres.query(
            place,
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
                + " WHERE i.inhparent = 'trace_chunks'::regclass ORDER BY 1")
        .stream()
        .map(Object::toString)
        .map(name -> name.replaceAll("[\\[\\]]", ""))
        .toList();
  }

  @Test
  void rows_writtenTwice_areThereOnce_andAreFoundAgain() {
    long now = at(DAY, 12);
    write(
        row(1, Entry.Kind.CHUNK, "a", "1", now),
        row(2, Entry.Kind.GAP, "b", "", now),
        row(3, Entry.Kind.CHUNK, "a", "3", now + 5),
        row(4, Entry.Kind.END, "", "success", now + 9));

    assertThat(await(store.known(trace))).isEqualTo(new TraceStore.Known(4, now + 9, "success"));
    assertThat(await(store.known(UUID.randomUUID()))).isEqualTo(new TraceStore.Known(0, 0, ""));
    assertThat(await(store.page(trace, "", 0, 4)))
        .extracting(Entry::sequence)
        .containsExactly(1L, 2L, 3L);
    assertThat(await(store.page(trace, "a", 1, 4))).extracting(Entry::sequence).containsExactly(3L);
    assertThat(await(store.page(trace, "", 0, 2)).get(1).dropped()).isEqualTo(7);
    assertThat(await(store.sent(instance, 103))).isEqualTo(3);
    assertThat(await(store.sent(instance, 999))).isZero();
    assertThat(await(store.top(instance))).isEqualTo(104);
    assertThat(await(store.top(UUID.randomUUID()))).isEqualTo(Long.MIN_VALUE);
  }

  @Test
  void place_thatAnotherHolds_isNotWritten() {
    Written first = row(1, Entry.Kind.CHUNK, "a", "1", at(DAY, 12));
    write(first);
    Written other =
        new Written(trace, first.entry(), first.createdAt(), first.serviceId(), instance, 999);

    assertThatThrownBy(() -> write(other)).hasStackTraceContaining("23514");
    assertThat(await(store.sent(instance, 101))).isEqualTo(1);
  }

  @Test
  void days_areDroppedWhole_whenTheyAreOver() {
    await(pool.query("TRUNCATE trace_chunks").execute());
    write(row(1, Entry.Kind.CHUNK, "a", "1", at(DAY.minusDays(30), 1)));
    for (int day = 10; day < 14; day++) {
      await(store.partition(DAY.plusDays(day)));
      await(store.partition(DAY.plusDays(day)));
      write(row(day, Entry.Kind.CHUNK, "a", "" + day, at(DAY.plusDays(day), 12)));
    }
    assertThat(days())
        .contains("trace_chunks_20260112", "trace_chunks_20260113", "trace_chunks_20260114");

    await(store.dropOlder(at(DAY.plusDays(300), 1), Duration.ofDays(30).toMillis()));
    assertThat(days()).contains("trace_chunks_20260112"); // the clock has jumped

    await(store.dropOlder(at(DAY.plusDays(300), 1), Duration.ofDays(1).toMillis()));
    assertThat(days())
        .as("one at a time")
        .doesNotContain("trace_chunks_20260112")
        .contains("trace_chunks_20260113");

    await(store.dropOlder(at(DAY.plusDays(300), 1), Duration.ofDays(1).toMillis()));
    await(store.dropOlder(at(DAY.plusDays(300), 1), Duration.ofDays(1).toMillis()));
    assertThat(days())
        .doesNotContain("trace_chunks_20260112", "trace_chunks_20260113")
        .contains("trace_chunks_20260114", "trace_chunks_20260115");
    assertThat(await(store.page(trace, "", 0, 100)))
        .extracting(Entry::sequence)
        .containsExactly(12L, 13L);
  }

  @Test
  void partitionThatComesLate_takesItsRowsFromTheOthers() {
    LocalDate day = DAY.plusDays(100);
    write(row(1, Entry.Kind.CHUNK, "a", "1", at(day, 3)));
    await(store.partition(day));

    assertThat(await(store.page(trace, "", 0, 9))).hasSize(1);
    assertThat(
            TestPostgres.query(
                place,
                "SELECT count(*)::int FROM trace_chunks_other WHERE trace_id = '" + trace + "'"))
        .asString()
        .contains("0");
  }
}
