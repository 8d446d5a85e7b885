package io.trestle.sdk.outbox.sqlite;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.trestle.protocol.ErrorCode;
import io.trestle.sdk.ConfigurationException;
import io.trestle.sdk.EventType;
import io.trestle.sdk.PublishOptions;
import io.trestle.sdk.QueueFullException;
import io.trestle.sdk.StateException;
import io.trestle.sdk.ValidationException;
import io.trestle.sdk.outbox.FailedEvent;
import io.trestle.sdk.outbox.FakeCourier;
import io.trestle.sdk.outbox.OutboxStats;
import io.trestle.sdk.outbox.PublishVerdict.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class SqliteOutboxTest {
  private static final EventType<byte[]> MOVED = FakeCourier.type("stock.moved");

  @TempDir Path directory;
  private final FakeCourier courier = new FakeCourier();

  private SqliteOutbox open() {
    return SqliteOutbox.open(courier, SqliteOutboxOptions.in(directory));
  }

  private static String publish(SqliteOutbox outbox, String text, String lane) {
    return outbox.publish(MOVED, text.getBytes(UTF_8), PublishOptions.keyed(lane));
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

  @Test
  void published_whileAway_isSentWhenTheSessionBegins_asItWas() {
    try (SqliteOutbox outbox = open()) {
      String id =
          outbox.publish(
              MOVED,
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
  void unreadableRow_isParked_andHoldsNobody() throws Exception {
    try (SqliteOutbox outbox = open()) {
      String id = publish(outbox, "bad", "k");
      publish(outbox, "after it", "k");
      execute("UPDATE event_outbox SET headers = '{\"a\":' WHERE id = '" + id + "'");
      courier.connect();
      await().until(() -> outbox.stats().pending() == 0);
      assertThat(courier.texts()).containsExactly("after it");
      assertThat(outbox.listFailed(10, ""))
          .singleElement()
          .satisfies(
              failed -> {
                assertThat(failed.id()).isEqualTo(id);
                assertThat(failed.lastError()).startsWith("unreadable: headers: ");
              });
    }
  }

  @Test
  void lanes_haveOneEventInARequest_inOrder_howeverManyLanes() {
    int lanes = 450;
    try (SqliteOutbox outbox = open()) {
      for (int i = 0; i < 2; i++) {
        for (int lane = 0; lane < lanes; lane++) {
          publish(outbox, lane + ":" + i, "k" + lane);
        }
      }
      courier.connect();
      await().until(() -> outbox.stats().pending() == 0);
    }
    assertThat(courier.requests())
        .allSatisfy(
            request ->
                assertThat(request.stream().map(text -> text.split(":", 2)[0]))
                    .hasSizeLessThanOrEqualTo(100)
                    .doesNotHaveDuplicates());
    List<String> texts = courier.texts();
    assertThat(texts).hasSize(2 * lanes);
    for (int lane = 0; lane < lanes; lane++) {
      assertThat(texts.indexOf(lane + ":0")).isLessThan(texts.indexOf(lane + ":1"));
    }
  }

  @Test
  void undecided_holdsItsLane_andNoOther_untilASessionBegins() {
    courier.say(text -> text.equals("a1") ? Status.UNDECIDED : Status.ACCEPTED);
    courier.connect();
    try (SqliteOutbox outbox = open()) {
      publish(outbox, "a1", "a");
      publish(outbox, "a2", "a");
      publish(outbox, "b1", "b");
      publish(outbox, "free", "");
      await().until(() -> courier.texts().containsAll(List.of("b1", "free")));
      assertThat(courier.texts()).doesNotContain("a2");

      courier.say(text -> Status.ACCEPTED);
      courier.connect();

      await().until(() -> outbox.stats().pending() == 0);
      assertThat(courier.texts()).containsSubsequence("a1", "a2");
    }
  }

  @Test
  void withoutAnswer_nothingIsLost_andAttemptsAreCounted() throws Exception {
    courier.fail(true);
    courier.connect();
    try (SqliteOutbox outbox = open()) {
      publish(outbox, "a1", "a");
      await().until(() -> courier.requests().size() >= 1);
      await().until(() -> attempts() >= 1);
      courier.fail(false);
      courier.connect();
      await().until(() -> outbox.stats().pending() == 0);
    }
    assertThat(courier.texts()).containsExactly("a1");
  }

  private long attempts() throws SQLException {
    try (Connection connection = file();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT max(attempts) FROM event_outbox")) {
      return row.getLong(1);
    }
  }

  @Test
  void refused_isKept_untilSomebodyDecides() {
    courier.say(
        text ->
            switch (text) {
              case "name" -> Status.INVALID_NAME;
              case "policy" -> Status.FORBIDDEN;
              case "key" -> Status.CONFLICT;
              default -> Status.ACCEPTED;
            });
    courier.connect();
    try (SqliteOutbox outbox = open()) {
      List<String> ids = new ArrayList<>();
      for (String text : List.of("name", "policy", "key", "good")) {
        ids.add(publish(outbox, text, "lane"));
      }
      await().until(() -> courier.texts().contains("good"));
      await().until(() -> outbox.stats().pending() == 0);

      assertThat(outbox.stats()).isEqualTo(new OutboxStats(0, 3, Duration.ZERO));
      assertThat(outbox.listFailed(10, ""))
          .extracting(FailedEvent::lastError)
          .containsExactly("INVALID_NAME: said so", "FORBIDDEN: said so", "CONFLICT: said so");
      assertThat(outbox.listFailed(1, ids.get(0)))
          .extracting(FailedEvent::id)
          .containsExactly(ids.get(1));
      assertThat(outbox.discardFailed(ids.get(0))).isTrue();
      assertThat(outbox.discardFailed(ids.get(0))).isFalse();
      assertThat(outbox.retryFailed(ids.get(3))).isFalse();

      courier.say(text -> Status.ACCEPTED);
      assertThat(outbox.retryFailed(ids.get(1))).isTrue();

      await().until(() -> courier.texts().contains("policy"));
      assertThat(outbox.listFailed(10, "")).extracting(FailedEvent::id).containsExactly(ids.get(2));
      assertThatExceptionOfType(ValidationException.class)
          .isThrownBy(() -> outbox.listFailed(0, ""))
          .withMessage("limit: 0 (expected: 1 to 500)");
    }
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
  void close_sendsWhatItCan_andTakesNothingMore() {
    courier.connect();
    SqliteOutbox outbox = open();
    for (int i = 0; i < 20; i++) {
      publish(outbox, "" + i, "lane");
    }
    outbox.close(Duration.ofSeconds(30));

    assertThat(courier.texts()).hasSize(20);
    assertThatExceptionOfType(StateException.class).isThrownBy(() -> publish(outbox, "x", ""));
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
