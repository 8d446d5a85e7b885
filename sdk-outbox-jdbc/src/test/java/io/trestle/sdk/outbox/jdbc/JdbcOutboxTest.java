package io.trestle.sdk.outbox.jdbc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.trestle.kernel.TestPostgres;
import io.trestle.sdk.ConfigurationException;
import io.trestle.sdk.PublishOptions;
import io.trestle.sdk.StateException;
import io.trestle.sdk.outbox.FakeCourier;
import io.trestle.sdk.outbox.OutboxContract;
import io.trestle.sdk.outbox.PublishVerdict.Status;
import io.vertx.pgclient.PgConnectOptions;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

class JdbcOutboxTest extends OutboxContract<JdbcOutbox> {
  private PgConnectOptions database = new PgConnectOptions();
  private DataSource source = new PGSimpleDataSource();

  @BeforeEach
  void table() {
    database = TestPostgres.newDatabase("CREATE TABLE orders (id TEXT)");
    PGSimpleDataSource made = new PGSimpleDataSource();
    made.setServerNames(new String[] {database.getHost()});
    made.setPortNumbers(new int[] {database.getPort()});
    made.setDatabaseName(database.getDatabase());
    made.setUser(database.getUser());
    made.setPassword(database.getPassword());
    source = made;
    JdbcOutbox.createTable(source);
  }

  @Override
  protected JdbcOutbox open() {
    return JdbcOutbox.open(courier, source, JdbcOutboxOptions.DEFAULT);
  }

  private Connection begin() throws SQLException {
    Connection connection = source.getConnection();
    connection.setAutoCommit(false);
    return connection;
  }

  private static String publish(JdbcOutbox outbox, Connection transaction, String text, String lane)
      throws SQLException {
    return outbox.publish(transaction, TYPE, text.getBytes(UTF_8), PublishOptions.keyed(lane));
  }

  /** In a transaction of its own. */
  @Override
  protected String publish(JdbcOutbox outbox, String text, String lane) throws SQLException {
    try (Connection transaction = begin()) {
      String id = publish(outbox, transaction, text, lane);
      transaction.commit();
      return id;
    }
  }

  /** In one transaction. */
  @Override
  protected void publish(JdbcOutbox outbox, List<Message> messages) throws SQLException {
    try (Connection transaction = begin()) {
      for (Message message : messages) {
        publish(outbox, transaction, message.text(), message.lane());
      }
      transaction.commit();
    }
  }

  @Override
  protected void spoil(String id) {
    TestPostgres.execute(
        database, "UPDATE trestle_outbox SET headers = '[]' WHERE event_id = '" + id + "'");
  }

  @Override
  protected String lastError(String id) {
    return "" + one("SELECT last_error FROM trestle_outbox WHERE event_id = '" + id + "'");
  }

  private @Nullable String one(String sql) {
    return TestPostgres.query(database, sql).get(0).get(0);
  }

  @Test
  void committed_isSent_withoutAWord_rolledBackIsNot() throws Exception {
    courier.connect();
    try (JdbcOutbox outbox = open();
        Connection transaction = begin()) {
      publish(outbox, transaction, "rolled back", "k");
      transaction.rollback();
      String id =
          outbox.publish(
              transaction,
              TYPE,
              "tea".getBytes(UTF_8),
              PublishOptions.keyed("k").withHeaders(Map.of("tenant", "\"t\"")));
      transaction.createStatement().execute("INSERT INTO orders VALUES ('tea')");
      transaction.commit();

      await().until(() -> outbox.stats().pending() == 0);
      assertThat(courier.stored())
          .singleElement()
          .satisfies(
              event -> {
                assertThat(event.id()).isEqualTo(id);
                assertThat(event.idempotencyKey()).isEqualTo(id);
                assertThat(event.partitionKey()).isEqualTo("k");
                assertThat(event.headers()).isEqualTo(Map.of("tenant", "\"t\""));
                assertThat(event.payload()).isEqualTo("tea".getBytes(UTF_8));
              });
      assertThat(transaction.getAutoCommit()).isFalse();
    }
  }

  @Test
  void rowsWithoutKey_areSharedByAnyNumberOfRelays() throws Exception {
    int relays = 6;
    List<FakeCourier> couriers = new ArrayList<>();
    List<JdbcOutbox> outboxes = new ArrayList<>();
    for (int i = 0; i < relays; i++) {
      FakeCourier silent = new FakeCourier();
      silent.keepSilent(true);
      couriers.add(silent);
      outboxes.add(JdbcOutbox.open(silent, source, JdbcOutboxOptions.DEFAULT));
    }
    publish(
        outboxes.get(0),
        IntStream.range(0, 100 * relays).mapToObj(i -> new Message("e" + i, "")).toList());
    couriers.forEach(FakeCourier::connect);

    await().until(() -> couriers.stream().noneMatch(c -> c.requests().isEmpty()));
    assertThat(couriers.stream().flatMap(c -> c.requests().get(0).stream()))
        .hasSize(100 * relays)
        .doesNotHaveDuplicates();
    outboxes.forEach(outbox -> outbox.close(Duration.ZERO));
  }

  @Test
  void connectionThatCommitsByItself_isRefused() throws Exception {
    try (JdbcOutbox outbox = open();
        Connection connection = source.getConnection()) {
      assertThatExceptionOfType(StateException.class)
          .isThrownBy(() -> publish(outbox, connection, "x", ""))
          .withMessageContaining("setAutoCommit(false)");
    }
  }

  @Test
  void laneOfWhichOneRelaySendsTheFirst_isLeftAloneByOthers() throws Exception {
    CountDownLatch sending = new CountDownLatch(1);
    CountDownLatch answer = new CountDownLatch(1);
    FakeCourier other = new FakeCourier();
    courier.say(
        text -> {
          if (text.equals("a1")) {
            sending.countDown();
            awaitLatch(answer);
          }
          return Status.ACCEPTED;
        });
    try (JdbcOutbox first = open()) {
      publish(first, "a1", "a");
      publish(first, "a2", "a");
      courier.connect();
      awaitLatch(sending);
      try (JdbcOutbox second = JdbcOutbox.open(other, source, JdbcOutboxOptions.DEFAULT)) {
        other.connect();
        publish(second, "b1", "b");
        publish(second, "free", "");
        await().until(() -> other.texts().containsAll(List.of("b1", "free")));
        publish(second, "b2", "b");
        await().until(() -> other.texts().contains("b2"));
        assertThat(other.texts()).doesNotContain("a1", "a2");
        answer.countDown();
        await().until(() -> first.stats().pending() == 0);
      }
    }
    assertThat(courier.requests().get(0)).containsExactly("a1");
    assertThat(Stream.concat(courier.texts().stream(), other.texts().stream()))
        .containsExactlyInAnyOrder("a1", "a2", "b1", "b2", "free");
  }

  private static void awaitLatch(CountDownLatch latch) {
    try {
      assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void laterTransaction_ofTheSameLane_waitsForTheEarlier() throws Exception {
    courier.connect();
    try (JdbcOutbox outbox = open();
        Connection early = begin()) {
      publish(outbox, early, "1", "lane");
      CompletableFuture<String> late =
          CompletableFuture.supplyAsync(() -> unchecked(() -> publish(outbox, "2", "lane")));
      await().until(() -> "1".equals(one("SELECT count(*) FROM pg_locks WHERE NOT granted")));
      publish(outbox, "other", "another lane");
      await().until(() -> courier.texts().contains("other"));
      assertThat(courier.texts()).containsExactly("other");
      early.commit();
      late.get(30, TimeUnit.SECONDS);
      await().until(() -> outbox.stats().pending() == 0);
    }
    assertThat(courier.texts()).containsExactly("other", "1", "2");
  }

  @Test
  void withoutLaneLocks_nobodyWaits() throws Exception {
    courier.connect();
    try (JdbcOutbox outbox =
            JdbcOutbox.open(courier, source, JdbcOutboxOptions.DEFAULT.withLaneLocks(false));
        Connection early = begin()) {
      publish(outbox, early, "1", "lane");
      publish(outbox, "2", "lane");
      await().until(() -> courier.texts().contains("2"));
      early.commit();
      await().until(() -> courier.texts().contains("1"));
    }
  }

  private interface Call<T> {
    T run() throws Exception;
  }

  private static <T> T unchecked(Call<T> call) {
    try {
      return call.run();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void twoRelays_shareABacklog_andSendEachRowOnce_inTheOrderOfLanes() throws Exception {
    int lanes = 250;
    List<String> order = Collections.synchronizedList(new ArrayList<>());
    FakeCourier other = new FakeCourier();
    Set<FakeCourier> begun = ConcurrentHashMap.newKeySet();
    CountDownLatch both = new CountDownLatch(2);
    for (FakeCourier each : List.of(courier, other)) {
      each.say(
          text -> {
            if (begun.add(each)) {
              both.countDown();
            }
            awaitLatch(both);
            order.add(text);
            return Status.ACCEPTED;
          });
    }
    try (JdbcOutbox first = open();
        JdbcOutbox second = JdbcOutbox.open(other, source, JdbcOutboxOptions.DEFAULT)) {
      publish(
          first,
          IntStream.range(0, 3 * lanes)
              .mapToObj(
                  i ->
                      new Message(
                          i % lanes + ":" + i / lanes, i % lanes % 5 == 0 ? "" : "k" + i % lanes))
              .toList());
      courier.connect();
      other.connect();
      await().until(() -> first.stats().pending() == 0);
      assertThat(second.stats().oldest()).isEqualTo(Duration.ZERO);
    }
    assertThat(order).hasSize(3 * lanes).doesNotHaveDuplicates();
    assertThat(courier.texts()).isNotEmpty();
    assertThat(other.texts()).isNotEmpty();
    for (int lane = 1; lane < lanes; lane += 5) {
      assertThat(order).containsSubsequence(lane + ":0", lane + ":1", lane + ":2");
    }
    for (List<String> request : courier.requests()) {
      Set<String> seen = new HashSet<>();
      assertThat(request)
          .hasSizeLessThanOrEqualTo(100)
          .allMatch(text -> lane(text) % 5 == 0 || seen.add("" + lane(text)));
    }
  }

  private static int lane(String text) {
    return Integer.parseInt(text.substring(0, text.indexOf(':')));
  }

  @Test
  void connectionLostBeforeTheSettlement_rowIsSettledOnAnother_notSentAgain() throws Exception {
    AtomicBoolean once = new AtomicBoolean(true);
    courier.say(
        text -> {
          if (once.getAndSet(false)) {
            TestPostgres.query(
                database,
                "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity"
                    + " WHERE datname = current_database() AND state = 'idle in transaction'");
          }
          return Status.ACCEPTED;
        });
    courier.connect();
    try (JdbcOutbox outbox = open()) {
      publish(outbox, "1", "lane");
      publish(outbox, "2", "lane");
      await().until(() -> outbox.stats().pending() == 0);
    }
    assertThat(courier.requests()).containsExactly(List.of("1"), List.of("2"));
  }

  @Test
  void withoutAnswer_rowsAreFree_andUntouched() throws Exception {
    courier.fail(true);
    courier.connect();
    FakeCourier other = new FakeCourier();
    try (JdbcOutbox outbox = open();
        JdbcOutbox healthy = JdbcOutbox.open(other, source, JdbcOutboxOptions.DEFAULT)) {
      publish(outbox, "1", "lane");
      await().until(() -> !courier.requests().isEmpty());
      other.connect();
      await().until(() -> other.texts().contains("1"));
      await().until(() -> healthy.stats().pending() == 0);
    }
  }

  @Test
  void outboxWithoutSession_leavesTheTableAlone_andItsEventsToOthers() throws Exception {
    FakeCourier other = new FakeCourier();
    other.connect();
    try (JdbcOutbox away = open();
        JdbcOutbox healthy = JdbcOutbox.open(other, source, JdbcOutboxOptions.DEFAULT)) {
      publish(away, "1", "lane");
      await().until(() -> healthy.stats().pending() == 0);
    }
    assertThat(other.texts()).containsExactly("1");
    assertThat(courier.requests()).isEmpty();
  }

  @Test
  void table_mayHaveAnotherName_andIsMadeOnce() throws Exception {
    TestPostgres.execute(database, "CREATE SCHEMA shop");
    JdbcOutboxOptions options = JdbcOutboxOptions.DEFAULT.withTable("shop.outgoing");
    JdbcOutbox.createTable(source, options);
    JdbcOutbox.createTable(source, options);
    courier.connect();
    try (JdbcOutbox outbox = JdbcOutbox.open(courier, source, options)) {
      publish(outbox, "1", "lane");
      await().until(() -> outbox.stats().pending() == 0);
    }
    assertThat(courier.texts()).containsExactly("1");
    assertThatExceptionOfType(ConfigurationException.class)
        .isThrownBy(() -> options.withTable("x; DROP TABLE y"))
        .withMessageStartingWith("table: x; DROP TABLE y (expected:");
  }

  @Test
  void statements_useTheirIndexes() throws Exception {
    String peek = new Statements("trestle_outbox").peek.replaceFirst("\\?", "'k'");
    String due = new Statements("trestle_outbox").dueIn;
    try (JdbcOutbox outbox = open()) {
      publish(
          outbox,
          IntStream.range(0, 2000)
              .mapToObj(i -> new Message("" + i, i % 3 == 0 ? "" : "k" + i % 40))
              .toList());
      TestPostgres.execute(database, "ANALYZE trestle_outbox");
      assertThat(plan(peek)).contains("trestle_outbox_lanes").doesNotContain("Seq Scan");
      assertThat(plan(due)).contains("trestle_outbox_due").doesNotContain("Seq Scan");
      outbox.close(Duration.ZERO);
    }
  }

  private String plan(String sql) {
    return String.join(
        "\n",
        TestPostgres.query(database, "EXPLAIN " + sql).stream()
            .map(row -> "" + row.get(0))
            .toList());
  }
}
