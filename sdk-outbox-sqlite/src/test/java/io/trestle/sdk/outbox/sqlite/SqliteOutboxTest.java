package io.trestle.sdk.outbox.sqlite;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.trestle.protocol.ErrorCode;
import io.trestle.sdk.ConfigurationException;
import io.trestle.sdk.PublishOptions;
import io.trestle.sdk.QueueFullException;
import io.trestle.sdk.outbox.EventCourier;
import io.trestle.sdk.outbox.FakeCourier;
import io.trestle.sdk.outbox.OutboxContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Each test has a file of its own and mostly waits for a relay, so they run side by side. */
@Execution(ExecutionMode.CONCURRENT)
class SqliteOutboxTest extends OutboxContract<SqliteOutbox> {
  @TempDir Path directory;

  @Override
  protected SqliteOutbox open() {
    return SqliteOutbox.open(courier, SqliteOutboxOptions.in(directory));
  }

  @Override
  protected String publish(SqliteOutbox outbox, String text, String lane) {
    return outbox.publish(TYPE, text.getBytes(UTF_8), PublishOptions.keyed(lane));
  }

  private Connection file() throws SQLException {
    return DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("sdk.db"));
  }

  private void execute(String... statements) throws SQLException {
    try (Connection connection = file();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  @Override
  protected void spoil(String id) throws SQLException {
    execute("UPDATE event_outbox SET headers = '[]' WHERE id = '" + id + "'");
  }

  @Override
  protected String lastError(String id) throws SQLException {
    return one("SELECT last_error FROM event_outbox WHERE id = '" + id + "'");
  }

  private String one(String sql) throws SQLException {
    try (Connection connection = file();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      return row.getString(1);
    }
  }

  @Test
  void published_whileAway_isSentWhenTheSessionBegins_asItWas() {
    try (SqliteOutbox outbox = open()) {
      String id =
          outbox.publish(
              TYPE,
              "tea".getBytes(UTF_8),
              PublishOptions.keyed("sku-1")
                  .withIdempotencyKey("once")
                  .withHeaders(Map.of("tenant", "a \"b\"\n", "x", "")));
      assertThat(outbox.stats().pending()).isEqualTo(1);
      assertThat(courier.requests()).isEmpty();

      courier.connect();

      await().until(() -> outbox.stats().pending() == 0);
      assertThat(courier.stored())
          .singleElement()
          .satisfies(
              event -> {
                assertThat(event.id()).isEqualTo(id);
                assertThat(event.name()).isEqualTo("stock.moved");
                assertThat(event.partitionKey()).isEqualTo("sku-1");
                assertThat(event.idempotencyKey()).isEqualTo("once");
                assertThat(event.headers()).isEqualTo(Map.of("tenant", "a \"b\"\n", "x", ""));
              });
      publish(outbox, "milk", "");
      await().until(() -> courier.texts().contains("milk"));
    }
  }

  @Test
  void withoutAnswer_nothingIsLost_andAttemptsAreCounted() throws Exception {
    courier.fail(true);
    courier.connect();
    try (SqliteOutbox outbox = open()) {
      publish(outbox, "a1", "a");
      await().until(() -> courier.requests().size() >= 1);
      await().until(() -> one("SELECT attempts FROM event_outbox"), "1"::equals);
      courier.fail(false);
      courier.connect();
      await().until(() -> outbox.stats().pending() == 0);
    }
    assertThat(courier.texts()).containsExactly("a1");
  }

  @Test
  void fullOutbox_refuses_untilThereIsRoom() {
    SqliteOutboxOptions two = SqliteOutboxOptions.in(directory).withMaxRows(2);
    try (SqliteOutbox outbox = SqliteOutbox.open(courier, two)) {
      publish(outbox, "1", "");
      publish(outbox, "2", "");
      assertThatExceptionOfType(QueueFullException.class)
          .isThrownBy(() -> publish(outbox, "3", ""))
          .withMessageContaining("2 rows (limit: maxRows 2)")
          .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.QUEUE_FULL));
      courier.connect();
      await().until(() -> outbox.stats().pending() == 0);
      publish(outbox, "4", "");
    }
    assertThat(courier.texts()).containsExactlyInAnyOrder("1", "2", "4");
  }

  @Test
  void rowsOfADeadProcess_areSent() throws Exception {
    try (SqliteOutbox outbox = open()) {
      publish(outbox, "inflight", "a");
      publish(outbox, "pending", "a");
    }
    execute("UPDATE event_outbox SET status = 'inflight' WHERE payload = x'696e666c69676874'");
    courier.connect();
    try (SqliteOutbox outbox = open()) {
      await().until(() -> outbox.stats().pending() == 0);
    }
    assertThat(courier.texts()).containsExactly("inflight", "pending");
  }

  @Test
  void fileOfAnotherVersion_isRefused_andUntouched() throws Exception {
    execute("CREATE TABLE event_outbox (id TEXT)", "PRAGMA user_version = 2");
    assertRefused("(it says 2)");
  }

  @Test
  void fileOfSomebodyElse_isRefused_andUntouched() throws Exception {
    execute("CREATE TABLE other (id TEXT)");
    assertRefused("(it says 0)");
    Files.writeString(directory.resolve("sdk.db"), "no database at all");
    assertRefused("(it says -1)");
  }

  @Test
  void anotherVersion_onlyInTheLog_isRefused_andUntouched() throws Exception {
    try (Connection connection = file();
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA journal_mode = WAL");
      statement.execute("CREATE TABLE event_outbox (id TEXT)");
      statement.execute("PRAGMA user_version = 3");
      for (String suffix : List.of("", "-wal")) { // as after a kill
        Path from = directory.resolve("sdk.db" + suffix);
        Files.copy(
            from, Files.createDirectories(directory.resolve("x")).resolve("sdk.db" + suffix));
      }
    }
    Map<String, String> before = content(directory.resolve("x"));
    assertThatExceptionOfType(ConfigurationException.class)
        .isThrownBy(
            () -> SqliteOutbox.open(courier, SqliteOutboxOptions.in(directory.resolve("x"))));
    assertThat(content(directory.resolve("x"))).isEqualTo(before);
  }

  private void assertRefused(String said) throws IOException {
    Map<String, String> before = content(directory);
    assertThatExceptionOfType(ConfigurationException.class)
        .isThrownBy(this::open)
        .withMessageContaining("not a file of version 1 " + said)
        .withMessageContaining("move the directory away");
    assertThat(content(directory)).isEqualTo(before);
  }

  /** Bytes of all files but the lock. */
  private static Map<String, String> content(Path directory) throws IOException {
    Map<String, String> content = new TreeMap<>();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.filter(f -> !f.toString().endsWith(".lock")).toList()) {
        content.put(
            file.getFileName().toString(), new String(Files.readAllBytes(file), ISO_8859_1));
      }
    }
    return content;
  }

  @Test
  void secondOutbox_onTheSameFile_isRefused_untilTheFirstIsClosed() {
    try (SqliteOutbox first = open()) {
      assertThatExceptionOfType(ConfigurationException.class)
          .isThrownBy(this::open)
          .withMessageContaining("in use (expected: a dataDir of its own");
      publish(first, "1", "");
    }
    try (SqliteOutbox second = open()) {
      assertThat(second.stats().pending()).isEqualTo(1);
    }
  }

  @Test
  void courierThatIsNone_leavesTheFileToOthers() {
    EventCourier none =
        new FakeCourier() {
          @Override
          public void onConnected(Runnable listener) {
            throw new IllegalStateException("none");
          }
        };
    assertThatExceptionOfType(IllegalStateException.class)
        .isThrownBy(() -> SqliteOutbox.open(none, SqliteOutboxOptions.in(directory)));
    open().close();
  }

  @Test
  void options_areChecked() {
    assertThat(SqliteOutboxOptions.DEFAULT)
        .isEqualTo(new SqliteOutboxOptions(Path.of(".servicebridge"), 100_000));
    assertThatExceptionOfType(ConfigurationException.class)
        .isThrownBy(() -> SqliteOutboxOptions.DEFAULT.withMaxRows(0))
        .withMessage("maxRows: 0 (expected: 1 to 10000000)");
  }
}
