package io.trestle.kernel.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trestle.Acceptance;
import io.trestle.kernel.TestPostgres;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DatabaseTest {
  private final Vertx vertx = Vertx.vertx();

  @AfterEach
  void close() {
    Db.await(vertx.close());
  }

  @Test
  void open_freshDatabase_knowsItself() {
    PgConnectOptions place = TestPostgres.newDatabase();
    Database database = Db.open(vertx, place);

    assertThat(database.databaseName()).isEqualTo(place.getDatabase());
    assertThat(database.systemId()).matches("[0-9]{15,}");
    assertThat(database.state()).isEqualTo(DatabaseState.AVAILABLE);
    Db.await(database.close());
    assertThat(sessions(place)).isZero();
  }

  @Test
  @Acceptance("FL-12")
  void open_synchronousCommitOff_isRefusedByName() {
    PgConnectOptions place = unsafe();

    Throwable e =
        Db.failure(
            Database.open(vertx, new SimpleMeterRegistry(), provider(Db.url(place)), Db.quick()));

    assertThat(e)
        .isInstanceOf(DatabaseFailure.class)
        .hasMessageContaining("synchronous_commit=off")
        .hasMessageContaining("database.allow_unsafe");
    await().until(() -> sessions(place) == 0);
  }

  @Test
  void open_synchronousCommitOffAndAllowed_opens() {
    Database database =
        Db.await(
            Database.open(
                vertx,
                new SimpleMeterRegistry(),
                provider(Db.url(unsafe())),
                Db.quick().withAllowUnsafe(true)));

    assertThat(database.state()).isEqualTo(DatabaseState.AVAILABLE);
    assertThat(one(database, "SHOW synchronous_commit")).isEqualTo("off");
    PgConnection lane = Db.await(PgConnection.connect(vertx, database.connectOptions()));
    assertThat(
            Db.await(lane.query("SHOW synchronous_commit").execute())
                .iterator()
                .next()
                .getString(0))
        .isEqualTo("on");
    Db.await(lane.close().compose(v -> database.close()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"fsync", "full_page_writes", "synchronous_commit"})
  @Acceptance("FL-12")
  void durabilityCheck_anyOff_namesIt(String name) {
    DurabilityCheck check =
        new DurabilityCheck(
            name.equals("fsync") ? "off" : "on",
            name.equals("full_page_writes") ? "off" : "on",
            name.equals("synchronous_commit") ? "local" : "on");

    assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> check.check(false)))
        .isInstanceOf(DatabaseFailure.class)
        .hasMessageStartingWith(name + "=");
    check.check(true);
  }

  @Test
  void open_wrongPassword_endsAtOnceWithoutShowingIt() {
    PgConnectOptions place = TestPostgres.newDatabase();
    // the server of the tests trusts everybody, so a role that may not log in stands for 28xxx
    TestPostgres.execute(
        place, "DROP ROLE IF EXISTS nobody_here", "CREATE ROLE nobody_here NOLOGIN");
    String url = Db.url(place).replace("postgres:postgres@", "nobody_here:s3cret@");

    Throwable e =
        Db.failure(Database.open(vertx, new SimpleMeterRegistry(), provider(url), Db.quick()));

    assertThat(e)
        .isInstanceOf(DatabaseFailure.class)
        .hasMessageContaining("nobody_here:***@")
        .hasMessageContaining("28000")
        .hasMessageNotContaining("s3cret");
    assertThat(((DatabaseFailure) e).kind()).isEqualTo(DatabaseFailure.Kind.REFUSED);
  }

  @Test
  void open_noSuchDatabase_endsAtOnce() {
    String url = Db.url(TestPostgres.newDatabase()).replaceAll("/test_\\d+", "/not_there");

    Throwable e =
        Db.failure(Database.open(vertx, new SimpleMeterRegistry(), provider(url), Db.quick()));

    assertThat(e).hasMessageContaining("3D000").hasMessageContaining("create the database");
  }

  @Test
  @Acceptance("FL-7")
  void open_nobodyThere_triesAsLongAsItMayAndGivesUpNamingTheTarget() {
    assertThat(DatabaseOptions.standard().connectFor()).hasSeconds(60);
    List<String> said = new CopyOnWriteArrayList<>();
    DatabaseOptions options =
        Db.quick()
            .withStartTimes(Duration.ofMillis(1_500), Duration.ofMillis(50), Duration.ofMillis(1))
            .withProgress(said::add);

    long begun = System.nanoTime();

    Throwable e =
        Db.failure(
            Database.open(
                vertx,
                new SimpleMeterRegistry(),
                provider("postgres://u:pw@127.0.0.1:1/d"),
                options));

    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThan(options.connectFor());
    assertThat(((DatabaseFailure) e).kind()).isEqualTo(DatabaseFailure.Kind.UNREACHABLE);
    assertThat(e)
        .hasMessageContaining("postgres://u:***@127.0.0.1:1/d")
        .hasMessageContaining("did not answer for");
    assertThat(said).isNotEmpty().allMatch(line -> line.contains("waiting for the database"));
  }

  @Test
  @Acceptance({"WI-63", "CO-6"})
  void connections_busyWithEight_neverExceedEight() {
    assertThat(mostSessions(8)).isEqualTo(8);
  }

  @Test
  void connections_busyWithFour_neverExceedFour() {
    assertThat(mostSessions(4)).isEqualTo(4);
  }

  /** Starts, migrates, connects the lanes, floods the pool; the most sessions ever seen. */
  private int mostSessions(int budget) {
    PgConnectOptions place = TestPostgres.newDatabase();
    AtomicInteger most = new AtomicInteger();
    Database database;
    try (var sampler = new Sampler(() -> most.accumulateAndGet(sessions(place), Math::max))) {
      database = Db.open(vertx, Db.url(place) + "&pool_max_conns=" + budget);
      Db.await(
          database
              .leaderLock()
              .acquire()
              .compose(v -> database.migrate(List.of(MigrationSet.kernel())))
              .compose(n -> database.leaderLock().register(Db.kernel())));
      Db.await(database.notifications().listen("settings_changed", p -> {}));
      for (int lane = 0; lane < ConnectionBudget.LANES; lane++) {
        Db.await(PgConnection.connect(vertx, database.connectOptions()));
      }
      flood(database);
    }
    assertThat(sessions(place)).isLessThanOrEqualTo(budget);
    Db.await(database.close());
    return most.get();
  }

  private static void flood(Database database) {
    List<Future<?>> all = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      all.add(database.pool().query("SELECT pg_sleep(0.05)").execute());
    }
    Db.await(Future.all(all));
  }

  private static final class Sampler implements AutoCloseable {
    private final Thread thread;
    private volatile boolean done;

    Sampler(Runnable sample) {
      thread =
          new Thread(
              () -> {
                while (!done) {
                  sample.run();
                }
              });
      thread.start();
    }

    @Override
    public void close() {
      done = true;
      try {
        thread.join();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  private static String one(Database database, String sql) {
    return Db.await(database.pool().query(sql).execute()).iterator().next().getString(0);
  }

  private DatabaseProvider provider(String url) {
    return new UrlDatabase(vertx, Dsn.parse(url.contains("?") ? url : url + "?sslmode=disable"));
  }

  private static PgConnectOptions unsafe() {
    PgConnectOptions place = TestPostgres.newDatabase();
    TestPostgres.execute(
        place, "ALTER DATABASE " + place.getDatabase() + " SET synchronous_commit = off");
    return place;
  }

  private static int sessions(PgConnectOptions place) {
    return Integer.parseInt(
        String.valueOf(
            TestPostgres.query(
                    new PgConnectOptions(place).setDatabase("postgres"),
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = '"
                        + place.getDatabase()
                        + "'")
                .get(0)
                .get(0)));
  }
}
