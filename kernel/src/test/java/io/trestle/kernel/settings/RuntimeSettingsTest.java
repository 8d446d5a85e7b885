package io.trestle.kernel.settings;

import static io.trestle.kernel.TestFutures.join;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trestle.Acceptance;
import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.kernel.TestPostgres;
import io.trestle.kernel.database.Database;
import io.trestle.kernel.database.DatabaseOptions;
import io.trestle.kernel.database.Dsn;
import io.trestle.kernel.database.UrlDatabase;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RuntimeSettingsTest {
  private static final Duration NEVER = Duration.ofDays(1);

  private static final SettingKey<Integer> ATTEMPTS = EventSettings.MAX_ATTEMPTS;

  private Vertx vertx;
  private PgConnectOptions database;
  private Pool pool;

  @BeforeEach
  void open() throws IOException {
    vertx = Vertx.vertx();
    database = TestPostgres.newDatabase(migration());
    pool =
        PgBuilder.pool()
            .with(new PoolOptions().setMaxSize(2))
            .connectingTo(database)
            .using(vertx)
            .build();
  }

  @AfterEach
  void close() {
    join(pool.close());
    join(vertx.close());
  }

  private static String migration() throws IOException {
    try (InputStream sql =
        Objects.requireNonNull(
            RuntimeSettings.class.getResourceAsStream("/db/kernel/V1__kernel.sql"))) {
      return new String(sql.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static Refused refusal(Future<?> future) {
    try {
      join(future);
    } catch (CompletionException e) {
      return (Refused) Objects.requireNonNull(e.getCause());
    }
    throw new AssertionError("was not refused");
  }

  private void seed() {
    join(new SettingsStore(pool).seed(SettingsCatalog.all()));
  }

  private RuntimeSettings started(Map<String, String> overrides, Duration poll) {
    seed();
    RuntimeSettings settings =
        new RuntimeSettings(vertx, pool, SettingsCatalog.all(), overrides, poll);
    join(settings.start());
    return settings;
  }

  private RuntimeSettings started() {
    return started(Map.of(), NEVER);
  }

  private void sql(String statement) {
    TestPostgres.execute(database, statement);
  }

  private String stored(String key) {
    return String.valueOf(
        TestPostgres.query(database, "SELECT value FROM runtime_settings WHERE key = '" + key + "'")
            .get(0)
            .get(0));
  }

  @Test
  @Acceptance("CO-42")
  void seed_emptyTable_hasARowWithItsDefaultForEveryKey_andASecondRunChangesNothing() {
    seed();
    List<List<String>> rows = rows();
    seed();

    assertThat(rows())
        .isEqualTo(rows)
        .containsExactlyInAnyOrderElementsOf(
            SettingsCatalog.all().stream().map(k -> List.of(k.name(), k.defaultText())).toList());
  }

  private List<List<String>> rows() {
    List<List<String>> rows = new ArrayList<>();
    TestPostgres.query(database, "SELECT key, value FROM runtime_settings ORDER BY key")
        .forEach(row -> rows.add(List.copyOf(row)));
    return rows;
  }

  @Test
  @Acceptance("CO-2")
  void seed_editedRow_isKeptAndTakenAtTheStart() {
    sql("INSERT INTO runtime_settings (key, value) VALUES ('network.ui_port', '0')");

    RuntimeSettings settings = started();

    assertThat(stored("network.ui_port")).isEqualTo("0");
    assertThat(settings.get(NetworkSettings.UI_PORT)).isZero();
    assertThat(settings.get(NetworkSettings.GRPC_PORT)).isEqualTo(14_445);
  }

  @Test
  @Acceptance("CO-7")
  void sqlUpdate_heardByTheTrigger_appliesAndTellsTheListener() {
    RuntimeSettings settings = started();
    List<Integer> heard = new CopyOnWriteArrayList<>();
    settings.onChange(ATTEMPTS, heard::add);
    Database connected = connected();
    join(settings.follow(connected.notifications()));

    sql("UPDATE runtime_settings SET value = '9' WHERE key = 'events.max_attempts'");

    await().untilAsserted(() -> assertThat(heard).containsExactly(9));
    assertThat(settings.get(ATTEMPTS)).isEqualTo(9);
    join(connected.close());
  }

  @Test
  void sqlUpdate_whileTheConnectionIsLost_appliesOnItsReturn() {
    RuntimeSettings settings = started();
    Database connected = connected();
    join(settings.follow(connected.notifications()));
    sql("ALTER TABLE runtime_settings DISABLE TRIGGER ALL");
    sql("UPDATE runtime_settings SET value = '9' WHERE key = 'events.max_attempts'");

    sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            + " WHERE datname = current_database() AND pid <> pg_backend_pid()");

    await().until(() -> settings.get(ATTEMPTS) == 9);
    join(connected.close());
  }

  private Database connected() {
    String url =
        "postgres://%s:%s@%s:%d/%s?sslmode=disable"
            .formatted(
                database.getUser(),
                database.getPassword(),
                database.getHost(),
                database.getPort(),
                database.getDatabase());
    return join(
        Database.open(
            vertx,
            new SimpleMeterRegistry(),
            new UrlDatabase(vertx, Dsn.parse(url)),
            DatabaseOptions.standard()));
  }

  @Test
  @Acceptance({"CO-7", "FL-16"})
  void sqlUpdate_notificationLost_appliesAtThePoll() {
    assertThat(RuntimeSettings.POLL_INTERVAL).isLessThanOrEqualTo(Duration.ofSeconds(30));
    RuntimeSettings settings = started(Map.of(), Duration.ofMillis(20));

    sql("UPDATE runtime_settings SET value = '9' WHERE key = 'events.max_attempts'");

    await().until(() -> settings.get(ATTEMPTS) == 9);
    settings.close();
  }

  @Test
  @Acceptance("CO-8")
  void sqlUpdate_badValue_leavesTheLastGoodOneInForce() {
    RuntimeSettings settings = started();
    join(settings.update("events.max_attempts", "9"));
    sql("UPDATE runtime_settings SET value = '101' WHERE key = 'events.max_attempts'");

    join(settings.reload());

    assertThat(settings.get(ATTEMPTS)).isEqualTo(9);
    assertThat(settings.view("events.max_attempts").value()).isEqualTo("101");
  }

  @Test
  void update_goodValue_isStoredAndInForceWhenItCompletes() {
    RuntimeSettings settings = started();

    SettingView view = join(settings.update("events.max_attempts", "9"));

    assertThat(view.value()).isEqualTo("9");
    assertThat(view.restartPending()).isFalse();
    assertThat(settings.get(ATTEMPTS)).isEqualTo(9);
    assertThat(stored("events.max_attempts")).isEqualTo("9");
  }

  @Test
  void update_rowMissing_isInserted() {
    RuntimeSettings settings = started();
    sql("DELETE FROM runtime_settings");

    join(settings.update("events.max_attempts", "9"));

    assertThat(stored("events.max_attempts")).isEqualTo("9");
  }

  @Test
  @Acceptance("CO-24")
  void update_keyThatNeedsARestart_isStoredPendingAndNotInForce() {
    RuntimeSettings settings = started();

    SettingView view = join(settings.update("network.ui_port", "15000"));

    assertThat(view.restartPending()).isTrue();
    assertThat(settings.get(NetworkSettings.UI_PORT)).isEqualTo(14_444);
    assertThat(started().get(NetworkSettings.UI_PORT)).isEqualTo(15_000);
  }

  @Test
  @Acceptance({"CO-8", "CO-43"})
  void update_badValueOfAnyKey_isRefusedByNameAndStoresNothing() {
    RuntimeSettings settings = started();
    List<List<String>> before = rows();

    for (SettingKey<?> key : SettingsCatalog.all()) {
      for (String bad : badTexts(key)) {
        Refused refused = refusal(settings.update(key.name(), bad));
        assertThat(refused.reason()).isEqualTo(Reason.INVALID);
        assertThat(refused).hasMessageStartingWith(key.name() + ": ");
      }
    }

    assertThat(rows()).isEqualTo(before);
  }

  private static List<String> badTexts(SettingKey<?> key) {
    List<String> bad = new ArrayList<>(List.of("\0", "x".repeat(4097)));
    if (!key.min().isEmpty()) {
      bad.add(Long.toString(Long.parseLong(key.min()) - 1));
      bad.add(Long.toString(Long.parseLong(key.max()) + 1));
      bad.add("many");
    }
    if (List.of("bool", "enum", "url").contains(key.type())) {
      bad.add("perhaps");
    }
    return bad;
  }

  @Test
  @Acceptance("CO-43")
  void unknownKey_throughTheApiIsRefused_bySqlIsKeptAndListed() {
    RuntimeSettings settings = started();
    sql("INSERT INTO runtime_settings (key, value) VALUES ('plug.in', 'x')");
    join(settings.reload());

    Refused refused = refusal(settings.update("plug.in", "y"));

    assertThat(refused.reason()).isEqualTo(Reason.INVALID);
    assertThat(refused).hasMessageContaining("plug.in");
    assertThat(settings.view("plug.in").unknown()).isTrue();
    assertThat(settings.list().get(settings.list().size() - 1).key()).isEqualTo("plug.in");
    assertThat(stored("plug.in")).isEqualTo("x");
    assertThatThrownBy(() -> settings.view("no.such")).isInstanceOf(Refused.class);
  }

  @Test
  void override_isInForceAndNotWritten() {
    RuntimeSettings settings = started(Map.of("events.max_attempts", "77"), NEVER);

    assertThat(settings.get(ATTEMPTS)).isEqualTo(77);
    assertThat(stored("events.max_attempts")).isEqualTo("5");
    SettingView view = join(settings.update("events.max_attempts", "9"));
    assertThat(view.overridden()).isTrue();
    assertThat(settings.get(ATTEMPTS)).isEqualTo(77);
  }

  @Test
  void onChange_closed_hearsNothingMore() {
    RuntimeSettings settings = started();
    List<Integer> closed = new CopyOnWriteArrayList<>();
    List<Integer> open = new CopyOnWriteArrayList<>();
    Settings.Subscription subscription = settings.onChange(ATTEMPTS, closed::add);
    settings.onChange(ATTEMPTS, open::add);
    subscription.close();

    join(settings.update("events.max_attempts", "9"));

    await().untilAsserted(() -> assertThat(open).containsExactly(9));
    assertThat(closed).isEmpty();
  }

  @Test
  void databaseAway_valuesStayAndUpdatesAreUnavailable() {
    RuntimeSettings settings = started();
    join(settings.update("events.max_attempts", "9"));
    join(pool.close());

    assertThat(refusal(settings.update("events.max_attempts", "8")).reason())
        .isEqualTo(Reason.UNAVAILABLE);
    assertThat(settings.get(ATTEMPTS)).isEqualTo(9);
  }

  @Test
  void update_databaseKnownToBeAway_isRefusedAtOnceAndStoresNothing() {
    RuntimeSettings settings = started().writableWhile(() -> false);

    assertThat(refusal(settings.update("events.max_attempts", "8")).reason())
        .isEqualTo(Reason.UNAVAILABLE);
    assertThat(stored("events.max_attempts")).isEqualTo("5");
  }

  @Test
  void burst_ofReloads_isServedByFewReads() {
    RuntimeSettings settings = started();
    sql("UPDATE runtime_settings SET value = '9' WHERE key = 'events.max_attempts'");
    List<Future<Void>> all = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      all.add(settings.reload());
    }

    join(Future.all(all));

    assertThat(settings.get(ATTEMPTS)).isEqualTo(9);
  }
}
