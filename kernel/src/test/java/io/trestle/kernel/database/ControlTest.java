package io.trestle.kernel.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trestle.Acceptance;
import io.trestle.kernel.TestPostgres;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnectOptions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The control connection: leader lock, LISTEN, availability; real PostgreSQL. */
class ControlTest {
  private final Vertx vertx = Vertx.vertx();
  private final PgConnectOptions place = TestPostgres.newDatabase();

  @AfterEach
  void close() {
    Db.await(vertx.close());
  }

  @Test
  @Acceptance("FL-8")
  void acquire_heldByAnotherKernel_failsNamingItAndLeavesItAlone() {
    Database first = Db.serving(vertx, place);
    Database second = Db.open(vertx, place);
    List<String> heard = listen(first);

    Throwable e = Db.failure(second.leaderLock().acquire());

    assertThat(e)
        .isInstanceOf(DatabaseFailure.class)
        .hasMessageContaining("kernel " + kernelIds().get(0))
        .hasMessageContaining("pid " + ProcessHandle.current().pid())
        .hasMessageContaining("started 2");
    assertThat(first.leaderLock().held()).isTrue();
    assertThat(heard).isEmpty();
    Db.await(second.close().compose(v -> first.close()));
  }

  @Test
  void acquire_holderVanishes_succeedsWithAHigherEpoch() {
    Database first = Db.serving(vertx, place);
    long epoch = first.leaderLock().epoch();
    Db.await(first.close());

    Database second = Db.serving(vertx, place);

    assertThat(second.leaderLock().epoch()).isEqualTo(epoch + 1);
    assertThat(Db.await(second.leaderLock().live()))
        .extracting(Object::toString)
        .containsExactly(kernelIds().get(1));
    Db.await(second.close());
  }

  @Test
  void acquire_holderHasNoEpochYet_namesTheSession() {
    Database first = Db.open(vertx, place);
    Db.await(first.leaderLock().acquire());
    Database second = Db.open(vertx, place);

    assertThat(Db.failure(second.leaderLock().acquire()))
        .hasMessageContaining("a process that is still starting (database session");
    Db.await(second.close().compose(v -> first.close()));
  }

  @Test
  void connection_cut_lockIsLostAndRegainedWithTheSameEpoch() {
    Database database = Db.serving(vertx, place);
    List<String> heard = listen(database);
    long epoch = database.leaderLock().epoch();

    Db.cut(place);

    await().untilAsserted(() -> assertThat(heard).containsExactly("lost", "regained"));
    assertThat(database.leaderLock().held()).isTrue();
    assertThat(database.leaderLock().epoch()).isEqualTo(epoch);
    assertThat(Db.await(database.leaderLock().live())).hasSize(1);
    Db.await(database.close());
  }

  @Test
  void connection_cutAndEpochTakenMeanwhile_isSuperseded() {
    Database database = Db.serving(vertx, place);
    List<String> heard = listen(database);
    TestPostgres.execute(
        place,
        "INSERT INTO kernels (id, epoch, pid, host) VALUES (gen_random_uuid(), 7, 1, 'there')");

    Db.cut(place);

    await().untilAsserted(() -> assertThat(heard).containsExactly("lost", "superseded 7"));
    assertThat(database.leaderLock().held()).isFalse();
    Db.await(database.close());
  }

  @Test
  void connection_silent_isGivenUpAndItsGhostEnded() throws Exception {
    DatabaseOptions impatient = Db.quick().withAnswerWithin(Duration.ofMillis(300));
    Database database = Db.serving(vertx, place, impatient);
    List<String> heard = listen(database);
    String backend = lockBackend();

    signal("STOP", backend);
    try {
      await().untilAsserted(() -> assertThat(heard).containsExactly("lost"));
    } finally {
      signal("CONT", backend);
    }

    await().untilAsserted(() -> assertThat(heard).containsExactly("lost", "regained"));
    assertThat(lockBackend()).isNotEqualTo(backend);
    Db.await(database.close());
  }

  @Test
  void heartbeat_whileServing_movesSeenAt() {
    Database database = Db.serving(vertx, place);

    await()
        .until(
            () ->
                "t"
                    .equals(
                        TestPostgres.query(place, "SELECT seen_at > started_at FROM kernels")
                            .get(0)
                            .get(0)));
    Db.await(database.close());
  }

  @Test
  void listen_settingChangedBySql_isHeardWithItsKey() {
    Database database = Db.serving(vertx, place);
    List<String> keys = new CopyOnWriteArrayList<>();
    Db.await(database.notifications().listen("settings_changed", keys::add));

    TestPostgres.execute(
        place,
        "INSERT INTO runtime_settings (key, value) VALUES ('a.b', '1')",
        "UPDATE runtime_settings SET value = '2' WHERE key = 'a.b'",
        "DELETE FROM runtime_settings");

    await().untilAsserted(() -> assertThat(keys).containsExactly("a.b", "a.b", "a.b"));
    Db.await(database.close());
  }

  @Test
  void notify_ownChannel_isHeard() {
    Database database = Db.open(vertx, place);
    List<String> heard = new CopyOnWriteArrayList<>();
    Db.await(database.notifications().listen("mine", heard::add));

    Db.await(database.notifications().notify("mine", "hello"));

    await().untilAsserted(() -> assertThat(heard).containsExactly("hello"));
    assertThatThrownBy(() -> database.notifications().listen("x; DROP", p -> {}))
        .isInstanceOf(IllegalArgumentException.class);
    Db.await(database.close());
  }

  @Test
  void listen_connectionCut_rereadsThenListensOn() {
    Database database = Db.open(vertx, place);
    List<String> heard = new CopyOnWriteArrayList<>();
    AtomicInteger rereads = new AtomicInteger();
    database
        .notifications()
        .onReconnect(
            () -> {
              rereads.incrementAndGet();
              return Future.succeededFuture();
            });
    database.notifications().onReconnect(() -> Future.failedFuture("logged only"));
    Db.await(database.notifications().listen("one", heard::add));
    Db.await(database.notifications().listen("two", heard::add));

    Db.cut(place);

    await().until(() -> rereads.get() == 1);
    Db.await(database.notifications().notify("one", "1"));
    Db.await(database.notifications().notify("two", "2"));
    await().untilAsserted(() -> assertThat(heard).containsExactly("1", "2"));
    Db.await(database.close());
  }

  @Test
  void state_connectionCut_isAwayThenAvailableOnce() {
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    Database database =
        Db.await(
            Database.open(
                vertx, meters, new UrlDatabase(vertx, Dsn.parse(Db.url(place))), Db.quick()));
    List<DatabaseState> states = new CopyOnWriteArrayList<>();
    database.onStateChange(states::add);

    Db.cut(place);

    await()
        .untilAsserted(
            () -> assertThat(states).containsExactly(DatabaseState.AWAY, DatabaseState.AVAILABLE));
    assertThat(meters.counter("trestle.database.changes", "to", "away").count()).isEqualTo(1);
    assertThat(meters.get("trestle.database.available").gauge().value()).isEqualTo(1);
    Db.await(database.close());
  }

  @Test
  void reportTrouble_ownConnectionFine_isAwayUntilTheProbeAnswers() {
    Database database = Db.open(vertx, place);
    List<DatabaseState> states = new CopyOnWriteArrayList<>();
    database.onStateChange(states::add);

    database.reportTrouble(new IllegalStateException("lane cut"));

    await()
        .untilAsserted(
            () -> assertThat(states).containsExactly(DatabaseState.AWAY, DatabaseState.AVAILABLE));
    Db.await(database.close());
  }

  private String lockBackend() {
    return String.valueOf(
        TestPostgres.query(
                place,
                "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted"
                    + " AND objid = hashtext('trestle.leader')::oid AND database ="
                    + " (SELECT oid FROM pg_database WHERE datname = current_database())")
            .get(0)
            .get(0));
  }

  private static void signal(String name, String pid) throws Exception {
    assertThat(new ProcessBuilder("kill", "-" + name, pid).start().waitFor()).isZero();
  }

  private List<String> kernelIds() {
    return TestPostgres.query(place, "SELECT id FROM kernels ORDER BY epoch").stream()
        .map(row -> String.valueOf(row.get(0)))
        .toList();
  }

  private static List<String> listen(Database database) {
    List<String> heard = new CopyOnWriteArrayList<>();
    database
        .leaderLock()
        .listen(
            new LeaderLock.Listener() {
              @Override
              public void lost() {
                heard.add("lost");
              }

              @Override
              public void regained() {
                heard.add("regained");
              }

              @Override
              public void superseded(long byEpoch) {
                heard.add("superseded " + byEpoch);
              }
            });
    return heard;
  }
}
