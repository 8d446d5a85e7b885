package io.trestle.sdk.outbox.jdbc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.trestle.sdk.ConfigurationException;
import io.trestle.sdk.PublishOptions;
import io.trestle.sdk.StateException;
import io.trestle.sdk.outbox.OutboxContract;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class JdbcOutboxTest extends OutboxContract<JdbcOutbox> {
  private final OutboxDatabase database = new OutboxDatabase();

  @Override
  protected JdbcOutbox open() {
    return database.open(courier);
  }

  @Override
  protected String publish(JdbcOutbox outbox, String text, String lane) throws SQLException {
    return database.publish(outbox, text, lane);
  }

  @Override
  protected void publish(JdbcOutbox outbox, List<Message> messages) throws SQLException {
    database.publish(outbox, messages);
  }

  @Override
  protected void spoil(String id) {
    database.execute("UPDATE trestle_outbox SET headers = '[]' WHERE event_id = '" + id + "'");
  }

  @Override
  protected String lastError(String id) {
    return "" + database.one("SELECT last_error FROM trestle_outbox WHERE event_id = '" + id + "'");
  }

  @Test
  void committed_isSent_withoutAWord_rolledBackIsNot() throws Exception {
    courier.connect();
    try (JdbcOutbox outbox = open();
        Connection transaction = database.begin()) {
      OutboxDatabase.publish(outbox, transaction, "rolled back", "k");
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
  void connectionThatCommitsByItself_isRefused() throws Exception {
    try (JdbcOutbox outbox = open();
        Connection connection = database.source().getConnection()) {
      assertThatExceptionOfType(StateException.class)
          .isThrownBy(() -> OutboxDatabase.publish(outbox, connection, "x", ""))
          .withMessageContaining("setAutoCommit(false)");
    }
  }

  @Test
  void laterTransaction_ofTheSameLane_waitsForTheEarlier() throws Exception {
    courier.connect();
    try (JdbcOutbox outbox = open();
        Connection early = database.begin()) {
      OutboxDatabase.publish(outbox, early, "1", "lane");
      CompletableFuture<String> late =
          CompletableFuture.supplyAsync(() -> unchecked(() -> publish(outbox, "2", "lane")));
      await()
          .until(() -> "1".equals(database.one("SELECT count(*) FROM pg_locks WHERE NOT granted")));
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
            database.open(courier, JdbcOutboxOptions.DEFAULT.withLaneLocks(false));
        Connection early = database.begin()) {
      OutboxDatabase.publish(outbox, early, "1", "lane");
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
  void table_mayHaveAnotherName_andIsMadeOnce() throws Exception {
    database.execute("CREATE SCHEMA shop");
    JdbcOutboxOptions options = JdbcOutboxOptions.DEFAULT.withTable("shop.outgoing");
    JdbcOutbox.createTable(database.source(), options);
    JdbcOutbox.createTable(database.source(), options);
    courier.connect();
    try (JdbcOutbox outbox = database.open(courier, options)) {
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
      database.execute("ANALYZE trestle_outbox");
      assertThat(plan(peek)).contains("trestle_outbox_lanes").doesNotContain("Seq Scan");
      assertThat(plan(due)).contains("trestle_outbox_due").doesNotContain("Seq Scan");
      outbox.close(Duration.ZERO);
    }
  }

  private String plan(String sql) {
    return String.join(
        "\n", database.query("EXPLAIN " + sql).stream().map(row -> "" + row.get(0)).toList());
  }
}
