package io.trestle.kernel.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trestle.Acceptance;
import io.trestle.kernel.TestPostgres;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Single statements behind the fence; real PostgreSQL. */
class FencedWritesTest {
  private static final String INSERT =
      "INSERT INTO runtime_settings (key, value) VALUES ($1, $2) RETURNING key";
  private static final String UPDATE = "UPDATE runtime_settings SET value = $1 WHERE key = 'a'";

  private final Vertx vertx = Vertx.vertx();
  private final PgConnectOptions place = TestPostgres.newDatabase();
  private final Database database = Db.serving(vertx, place);

  @AfterEach
  void close() {
    Db.await(database.close());
    Db.await(vertx.close()); // not inside a future of its own loops
  }

  @Test
  void write_byTheLeader_isCommittedAndAnswersItsRows() {
    RowSet<Row> rows = Db.await(insert("a"));

    assertThat(rows.iterator().next().getString(0)).isEqualTo("a");
    assertThat(stored()).containsExactly(List.of("1"));
  }

  @Test
  @Acceptance("FL-23")
  void write_epochTakenByAnother_commitsNothingAndTheOwnerHears() {
    List<Long> heard = new CopyOnWriteArrayList<>();
    database.leaderLock().listen(superseded(heard));
    TestPostgres.execute(
        place,
        "INSERT INTO kernels (id, epoch, pid, host) VALUES (gen_random_uuid(), 7, 1, 'there')");

    assertAway(Db.failure(insert("a")));

    assertThat(stored()).isEmpty();
    await().untilAsserted(() -> assertThat(heard).containsExactly(7L));
    assertThat(database.leaderLock().held()).isFalse();
    assertAway(Db.failure(insert("b")));
  }

  @Test
  void write_lockNotTaken_isRefused() {
    Database other = Db.open(vertx, place);

    assertAway(Db.failure(other.writes().write(INSERT, Tuple.of("a", "1"))));

    assertThat(stored()).isEmpty();
    Db.await(other.close());
  }

  @Test
  void write_answeredTooLate_isRolledBack() throws Exception {
    Db.await(insert("a"));
    try (Connection busy = TestPostgres.jdbc(place)) {
      busy.setAutoCommit(false);
      try (var lock = busy.createStatement()) {
        lock.execute("SELECT 1 FROM runtime_settings FOR UPDATE");
      }

      Throwable failure =
          Db.failure(database.writes().write(UPDATE, Tuple.of("late"), Duration.ofMillis(300)));

      assertThat(failure).isInstanceOf(TimeoutException.class);
      busy.rollback();
    }
    await().until(() -> inTransactions().equals("0"));
    assertThat(stored()).containsExactly(List.of("1"));
  }

  @Test
  void promptly_databaseAway_isRefusedWithoutAsking() {
    List<String> asked = new CopyOnWriteArrayList<>();
    database.reportTrouble(new IllegalStateException("lane cut"));
    await().until(() -> refusedWithoutAsking(asked));
  }

  /** Away lasts for one probe here, so it may have to be tried again. */
  private boolean refusedWithoutAsking(List<String> asked) {
    database.reportTrouble(new IllegalStateException("lane cut"));
    asked.clear();
    Future<String> answer =
        database.promptly(
            () -> {
              asked.add("asked");
              return Future.succeededFuture("answer");
            });
    return answer.failed() && asked.isEmpty();
  }

  private Future<RowSet<Row>> insert(String key) {
    return database.writes().write(INSERT, Tuple.of(key, "1"));
  }

  private static void assertAway(Throwable failure) {
    assertThat(failure)
        .isInstanceOfSatisfying(
            DatabaseFailure.class, e -> assertThat(e.kind()).isEqualTo(DatabaseFailure.Kind.AWAY));
  }

  private List<List<@Nullable String>> stored() {
    return TestPostgres.query(place, "SELECT value FROM runtime_settings");
  }

  private String inTransactions() {
    return String.valueOf(
        TestPostgres.query(
                place,
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                    + " AND pid <> pg_backend_pid() AND xact_start IS NOT NULL")
            .get(0)
            .get(0));
  }

  private static LeaderLock.Listener superseded(List<Long> heard) {
    return new LeaderLock.Listener() {
      @Override
      public void lost() {}

      @Override
      public void regained() {}

      @Override
      public void superseded(long byEpoch) {
        heard.add(byEpoch);
      }
    };
  }
}
