package io.trestle.kernel.pipeline;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trestle.kernel.pipeline.TestKinds.Blob;
import io.trestle.kernel.pipeline.TestKinds.Child;
import io.trestle.kernel.pipeline.TestKinds.Entry;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.pgclient.PgConnectOptions;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class KindIdempotenceTest {

  private final Vertx vertx = Vertx.vertx();
  private final PgConnectOptions database = TestPipelines.newDatabase();

  @AfterEach
  void stopVertx() {
    TestPipelines.get(vertx.close());
  }

  @Test
  void check_kindsOfTheseTests_areIdempotent() {
    KindIdempotence.check(vertx, database, TestKinds.PARENT, List.of(1L, 2L));
    KindIdempotence.check(vertx, database, TestKinds.CHILD, List.of(new Child(9, 1)));
    KindIdempotence.check(vertx, database, TestKinds.ADD, List.of(new Entry(1, "a")));
    KindIdempotence.check(
        vertx, database, TestKinds.PUT, List.of(new Entry(1, "b"), new Entry(1, "c")));
    KindIdempotence.check(
        vertx, database, TestKinds.TELEMETRY, List.of(new Blob(1, Buffer.buffer("x"))));
    KindIdempotence.check(vertx, database, TestKinds.REMOVE, List.of(1L));
  }

  @Test
  void check_kindThatAppends_isCaught() {
    StatementKind<Entry> append =
        StatementKind.of("test.append", Entry.class)
            .sql(
                "INSERT INTO entries (id, body) SELECT t.id, t.body FROM unnest($1::int8[],"
                    + " $2::text[]) AS t(id, body) ON CONFLICT (id) DO UPDATE"
                    + " SET body = entries.body || excluded.body")
            .int8(Entry::id)
            .text(Entry::body)
            .build();
    assertThatThrownBy(
            () -> KindIdempotence.check(vertx, database, append, List.of(new Entry(1, "a"))))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("test.append twice");
  }

  @Test
  void bind_timeThatPostgresqlCannotHold_failsInTheHandsOfTheCaller() {
    StatementKind<Instant> times =
        StatementKind.of("test.times", Instant.class)
            .sql("SELECT unnest($1::timestamptz[])")
            .timestamp(time -> time)
            .build();
    assertThatThrownBy(() -> Write.of(times, Instant.MAX))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("year 1 to 9999");
  }

  @Test
  void build_independentWithoutFenceOrWithConflicts_isRefused() {
    StatementKind.Builder<Long> query =
        StatementKind.of("test.query", Long.class)
            .sql("SELECT unnest($1::int8[])")
            .int8(v -> v)
            .independent();
    assertThatThrownBy(query::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("test.query independent (expected: an INSERT, UPDATE or DELETE)");
    StatementKind.Builder<Long> upsert =
        StatementKind.of("test.upsert", Long.class)
            .sql("DELETE FROM entries WHERE id = ANY ($1::int8[])")
            .int8(v -> v)
            .conflictKey(v -> v)
            .independent();
    assertThatThrownBy(upsert::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("conflict key");
  }

  @Test
  void build_moreParametersThanColumns_isRefused() {
    StatementKind.Builder<Long> builder =
        StatementKind.of("test.wrong", Long.class)
            .sql("SELECT $1::int8[], $2::int8[]")
            .int8(v -> v);
    assertThatThrownBy(builder::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("test.wrong");
  }
}
