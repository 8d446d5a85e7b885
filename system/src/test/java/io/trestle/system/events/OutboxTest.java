package io.trestle.system.events;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.trestle.Acceptance;
import io.trestle.sdk.BridgeEvent;
import io.trestle.sdk.ConfigurationException;
import io.trestle.sdk.EventType;
import io.trestle.sdk.PublishOptions;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.outbox.FailedEvent;
import io.trestle.sdk.outbox.Outbox;
import io.trestle.sdk.outbox.jdbc.JdbcOutbox;
import io.trestle.sdk.outbox.sqlite.SqliteOutbox;
import io.trestle.sdk.outbox.sqlite.SqliteOutboxOptions;
import io.trestle.testing.Sql;
import io.trestle.testing.TestKernel;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Outboxes with a real runtime; each test has services of its own. */
@Timeout(120)
class OutboxTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();

  private static final AtomicInteger TESTS = new AtomicInteger();

  @TempDir Path directory;
  private final String test = "o" + TESTS.incrementAndGet();
  private final ServiceKey publishing = TRESTLE.kernel().service(test + "-publisher");
  private final List<String> seen = new CopyOnWriteArrayList<>();

  @BeforeEach
  void consumer() {
    TRESTLE.connect(
        TRESTLE.kernel().service(test + "-consumer"),
        options -> options.reconnectInterval(Duration.ofMillis(200)),
        sdk ->
            sdk.events()
                .handle(OutboxWriter.EVENT, (payload, c) -> seen.add(new String(payload, UTF_8))));
  }

  private static ConditionFactory soon() {
    return await().atMost(Duration.ofSeconds(60));
  }

  private ServiceBridge bridge() {
    return TRESTLE
        .kernel()
        .client(publishing)
        .callerOnly()
        .reconnectInterval(Duration.ofMillis(200))
        .build();
  }

  private SqliteOutboxOptions options() {
    return SqliteOutboxOptions.in(directory);
  }

  private static void publish(SqliteOutbox outbox, EventType<byte[]> written, String text) {
    outbox.publish(written, text.getBytes(UTF_8), PublishOptions.keyed("k"));
  }

  @Test
  @Acceptance("EV-32")
  void rowsOfADeadProcess_pendingAndInflight_areDelivered() throws Exception {
    try (ServiceBridge away = bridge();
        SqliteOutbox outbox = SqliteOutbox.open(away, options())) {
      EventType<byte[]> written = away.events().define(OutboxWriter.EVENT);
      publish(outbox, written, "inflight");
      publish(outbox, written, "pending");
    }
    execute("UPDATE event_outbox SET status = 'inflight' WHERE CAST(payload AS TEXT) = 'inflight'");

    try (ServiceBridge bridge = bridge();
        SqliteOutbox outbox = SqliteOutbox.open(bridge, options())) {
      bridge.start();
      soon().until(() -> seen.size() >= 2);
      soon().until(() -> outbox.stats().pending() == 0);
    }
    assertThat(seen).containsExactly("inflight", "pending");
  }

  @Test
  @Acceptance("EV-33")
  void fileOfAnotherVersion_failsTheStart_andIsUntouched() throws Exception {
    execute(
        "CREATE TABLE event_outbox (id TEXT)",
        "INSERT INTO event_outbox VALUES ('1')",
        "PRAGMA user_version = 2");
    Path file = directory.resolve("sdk.db");
    byte[] before = Files.readAllBytes(file);
    try (ServiceBridge bridge = bridge()) {
      assertThatExceptionOfType(ConfigurationException.class)
          .isThrownBy(() -> SqliteOutbox.open(bridge, options()))
          .withMessageContaining("not a file of version 1 (it says 2). It was not changed.")
          .withMessageContaining("move the directory away");
    }
    assertThat(Files.readAllBytes(file)).isEqualTo(before);
    assertThat(directory.resolve("sdk.db-wal")).doesNotExist();
  }

  private void execute(String... statements) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("sdk.db"));
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  @Test
  @Acceptance("EV-34")
  void instancesOneAfterAnother_eachEventIsDeliveredOnce() {
    List<String> all = new ArrayList<>();
    for (int instance = 0; instance < 4; instance++) {
      try (ServiceBridge bridge = bridge();
          SqliteOutbox outbox = SqliteOutbox.open(bridge, options())) {
        EventType<byte[]> written = bridge.events().define(OutboxWriter.EVENT);
        bridge.start();
        for (int i = 0; i < 25; i++) {
          all.add(instance + "." + i);
          publish(outbox, written, instance + "." + i);
        }
        outbox.close(Duration.ZERO); // the next one finds the rest
      }
    }
    try (ServiceBridge bridge = bridge();
        SqliteOutbox outbox = SqliteOutbox.open(bridge, options())) {
      bridge.start();
      soon().until(() -> seen.size() >= all.size());
      soon().until(() -> outbox.stats().pending() == 0);
    }
    assertThat(seen).containsExactlyElementsOf(all);
  }

  @Test
  void sqlite_killedWriter_everyAcknowledgedEventArrivesOnce() throws Exception {
    List<Integer> acknowledged = kill("sqlite", directory.toString());
    try (ServiceBridge bridge = bridge();
        SqliteOutbox outbox = SqliteOutbox.open(bridge, options())) {
      deliverRest(bridge, outbox, acknowledged);
    }
    assertArrived(acknowledged);
  }

  @Test
  void jdbc_killedWriter_everyCommittedEventArrivesOnce_noneOfTheRolledBack() throws Exception {
    String dsn = TestKernel.newDatabase();
    JdbcOutbox.createTable(OutboxWriter.source(Sql.on(dsn)));
    List<Integer> committed = kill("jdbc", dsn);
    try (ServiceBridge bridge = bridge();
        JdbcOutbox outbox = JdbcOutbox.open(bridge, OutboxWriter.source(Sql.on(dsn)))) {
      deliverRest(bridge, outbox, committed);
    }
    assertArrived(committed);
    assertThat(seen).noneMatch(text -> OutboxWriter.rolledBack(Integer.parseInt(text)));
  }

  private List<Integer> kill(String kind, String place) throws IOException, InterruptedException {
    return OutboxWriter.runAndKill(300, TRESTLE.kernel().grpc(), publishing.apiKey(), kind, place);
  }

  private void deliverRest(ServiceBridge bridge, Outbox outbox, List<Integer> acknowledged) {
    bridge.start();
    soon().until(() -> outbox.stats().pending() == 0);
    soon().until(() -> seen.containsAll(acknowledged.stream().map(i -> "" + i).toList()));
    assertThat(outbox.stats().failed()).isZero();
  }

  /** All that was acknowledged, at most one more: that whose acknowledgement was not printed. */
  private void assertArrived(List<Integer> acknowledged) {
    assertThat(seen).doesNotHaveDuplicates();
    assertThat(seen.size()).isBetween(acknowledged.size(), acknowledged.size() + 1);
    Map<String, List<Integer>> lanes = new HashMap<>();
    for (String text : seen) {
      int number = Integer.parseInt(text);
      lanes.computeIfAbsent(OutboxWriter.laneOf(number), lane -> new ArrayList<>()).add(number);
    }
    assertThat(lanes.values()).allSatisfy(lane -> assertThat(lane).isSorted());
  }

  @Test
  void sqlite_forbiddenEvent_isKept_andTold_andSentWhenTheRuleIsGone() {
    TRESTLE
        .kernel()
        .sql()
        .update(
            "INSERT INTO service_policy_rules (service_id, direction, action, target_name)"
                + " VALUES (?::uuid, 'E', 'event.publish', 'nothing')",
            publishing.id());
    List<BridgeEvent.PolicyViolation> violations = new CopyOnWriteArrayList<>();
    try (ServiceBridge bridge = bridge();
        SqliteOutbox outbox = SqliteOutbox.open(bridge, options())) {
      EventType<byte[]> written = bridge.events().define(OutboxWriter.EVENT);
      bridge.start();
      soon().until(() -> !bridge.policyEvaluation().orElseThrow().egress().isEmpty());
      bridge.on(BridgeEvent.PolicyViolation.class, violations::add);
      publish(outbox, written, "1");
      soon().until(() -> outbox.stats().failed() == 1);
      soon().until(() -> !violations.isEmpty());
      assertThat(violations.get(0).declaration()).isEqualTo("event.publish");
      FailedEvent failed = outbox.listFailed(10, "").get(0);
      assertThat(failed.lastError()).startsWith("FORBIDDEN: access denied");

      TRESTLE
          .kernel()
          .sql()
          .update("DELETE FROM service_policy_rules WHERE service_id = ?::uuid", publishing.id());
      soon().until(() -> bridge.policyEvaluation().orElseThrow().egress().isEmpty());
      assertThat(outbox.retryFailed(failed.id())).isTrue();
      soon().until(() -> seen.contains("1"));
    }
  }

  @Test
  void jdbc_runtimeAway_eventsWait_andArriveWhenItIsBack_conflictsAreKept() throws Exception {
    Sql sql = Sql.on(TestKernel.newDatabase());
    JdbcOutbox.createTable(OutboxWriter.source(sql));
    try (ServiceBridge bridge = bridge();
        JdbcOutbox outbox = JdbcOutbox.open(bridge, OutboxWriter.source(sql))) {
      EventType<byte[]> written = bridge.events().define(OutboxWriter.EVENT);
      bridge.start();
      TRESTLE.kernel().stop();
      try (Connection transaction = sql.connect()) {
        transaction.setAutoCommit(false);
        PublishOptions once = PublishOptions.keyed("k").withIdempotencyKey(test);
        outbox.publish(transaction, written, "a".getBytes(UTF_8), once);
        outbox.publish(transaction, written, "b".getBytes(UTF_8), once);
        outbox.publish(transaction, written, "c".getBytes(UTF_8), PublishOptions.keyed("k"));
        transaction.commit();
      }
      TRESTLE.kernel().run();
      soon().until(() -> seen.contains("c"));
      assertThat(seen).containsExactly("a", "c");
      assertThat(outbox.listFailed(10, ""))
          .extracting(FailedEvent::lastError)
          .singleElement()
          .asString()
          .startsWith("CONFLICT: ");
    }
  }
}
