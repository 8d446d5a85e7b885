package io.trestle.sdk.outbox.sqlite;

import io.trestle.sdk.ConfigurationException;
import io.trestle.sdk.QueueFullException;
import io.trestle.sdk.internal.outbox.HeadersJson;
import io.trestle.sdk.internal.outbox.OutboxTable;
import io.trestle.sdk.internal.outbox.core.BatchChoice;
import io.trestle.sdk.internal.outbox.core.Candidate;
import io.trestle.sdk.internal.outbox.core.ClaimedEvent;
import io.trestle.sdk.internal.outbox.core.LaneCursor;
import io.trestle.sdk.internal.outbox.core.RelayPlan;
import io.trestle.sdk.internal.outbox.core.RetryLadder;
import io.trestle.sdk.internal.outbox.core.RowOutcome;
import io.trestle.sdk.internal.outbox.core.Settlement;
import io.trestle.sdk.outbox.FailedEvent;
import io.trestle.sdk.outbox.OutboxStats;
import io.trestle.sdk.outbox.PreparedEvent;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * All SQL of the outbox, on the one connection of the file; publishers and the relay take turns.
 *
 * <p>Order is (time of insertion, id), where time rises with every row, also when the clock stands
 * or goes back. What may be sent is the first pending row of each lane and every row without lane;
 * both are found in the index of lanes, whatever waits behind them.
 */
final class SqliteStore implements OutboxTable, AutoCloseable {
  private static final Logger LOG = System.getLogger("io.trestle.sdk.outbox");

  private static final String[] SCHEMA = {
    """
    CREATE TABLE IF NOT EXISTS event_outbox (
      id                 TEXT    PRIMARY KEY,
      name               TEXT    NOT NULL,
      payload            BLOB    NOT NULL,
      payload_json       BLOB    NOT NULL DEFAULT x'',
      contract_hash      TEXT    NOT NULL DEFAULT '',
      partition_key      TEXT    NOT NULL DEFAULT '',
      idempotency_key    TEXT    NOT NULL DEFAULT '',
      fire_and_forget    INTEGER NOT NULL DEFAULT 0,
      headers            TEXT    NOT NULL DEFAULT '{}',
      occurred_at_ms     INTEGER NOT NULL,
      enqueued_at_ms     INTEGER NOT NULL,
      status             TEXT    NOT NULL CHECK (status IN ('pending', 'inflight', 'failed')),
      attempts           INTEGER NOT NULL DEFAULT 0,
      last_error         TEXT    NOT NULL DEFAULT '',
      next_attempt_at_ms INTEGER NOT NULL DEFAULT 0,
      x_sb_trace         TEXT    NOT NULL DEFAULT ''
    )""",
    """
    CREATE INDEX IF NOT EXISTS event_outbox_drain
    ON event_outbox (enqueued_at_ms, id, next_attempt_at_ms) WHERE status = 'pending'""",
    """
    CREATE INDEX IF NOT EXISTS event_outbox_lanes
    ON event_outbox (partition_key, enqueued_at_ms, id) WHERE status = 'pending'""",
    "PRAGMA user_version = 1",
  };

  private static final String REVIVE =
      "UPDATE event_outbox SET status = 'pending' WHERE status = 'inflight'";

  private static final String LATEST =
      "SELECT coalesce(max(enqueued_at_ms), 0), count(*) FROM event_outbox";

  private static final String INSERT =
      """
      INSERT INTO event_outbox (id, name, payload, payload_json, contract_hash, partition_key,
        idempotency_key, headers, occurred_at_ms, enqueued_at_ms, x_sb_trace, status)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending')""";

  /**
   * Index event_outbox_lanes: one probe for each lane, one for its first row. What is to wait for
   * longer than any pause was put off before the clock was set back, and is due.
   */
  private static final String PEEK =
      """
      WITH RECURSIVE
      lanes (lane) AS (
        SELECT min(partition_key) FROM event_outbox
        WHERE status = 'pending' AND partition_key > ?1
        UNION ALL
        SELECT (SELECT min(partition_key) FROM event_outbox
                WHERE status = 'pending' AND partition_key > lane)
        FROM lanes WHERE lane IS NOT NULL
        LIMIT %d),
      heads (r) AS (
        SELECT (SELECT rowid FROM event_outbox
                WHERE status = 'pending' AND partition_key = lane
                ORDER BY enqueued_at_ms, id LIMIT 1)
        FROM lanes WHERE lane IS NOT NULL),
      free (r) AS (
        SELECT rowid FROM event_outbox
        WHERE status = 'pending' AND partition_key = ''
          AND next_attempt_at_ms NOT BETWEEN ?2 + 1 AND ?3
        ORDER BY enqueued_at_ms, id LIMIT 200)
      SELECT rowid, partition_key,
        length(payload) + length(payload_json) + length(headers) + 256,
        next_attempt_at_ms NOT BETWEEN ?2 + 1 AND ?3, (SELECT max(lane) FROM lanes)
      FROM event_outbox
      WHERE rowid IN (SELECT r FROM heads UNION ALL SELECT r FROM free)
      ORDER BY enqueued_at_ms, id"""
          .formatted(LaneCursor.WINDOW);

  private static final String MARK = "UPDATE event_outbox SET status = 'inflight' WHERE rowid = ?";

  private static final String FETCH =
      """
      SELECT id, name, payload, payload_json, contract_hash, partition_key, idempotency_key,
        headers, occurred_at_ms, x_sb_trace, attempts
      FROM event_outbox WHERE rowid = ?""";

  private static final String NEXT_DUE =
      "SELECT min(next_attempt_at_ms) FROM event_outbox WHERE status = 'pending'";

  /** The number of a row that is gone may be given to a new one, which is pending then. */
  private static final String DELETE =
      "DELETE FROM event_outbox WHERE rowid = ? AND status = 'inflight'";

  private static final String SETTLE =
      """
      UPDATE event_outbox SET status = ?, attempts = ?, last_error = ?, next_attempt_at_ms = ?
      WHERE rowid = ? AND status = 'inflight'""";

  private static final String REARM =
      """
      UPDATE event_outbox SET next_attempt_at_ms = 0
      WHERE status = 'pending' AND next_attempt_at_ms > 0""";

  private static final String STATS =
      """
      SELECT count(*) FILTER (WHERE status <> 'failed'), count(*) FILTER (WHERE status = 'failed'),
        min(enqueued_at_ms) FILTER (WHERE status <> 'failed')
      FROM event_outbox""";

  private static final String LIST_FAILED =
      """
      SELECT id, name, partition_key, attempts, last_error, enqueued_at_ms FROM event_outbox
      WHERE status = 'failed' AND id > ? ORDER BY id LIMIT ?""";

  private static final String RETRY_FAILED =
      """
      UPDATE event_outbox SET status = 'pending', attempts = 0, next_attempt_at_ms = 0
      WHERE id = ? AND status = 'failed'""";

  private static final String DISCARD_FAILED =
      "DELETE FROM event_outbox WHERE id = ? AND status = 'failed'";

  private final SqliteFile file;
  private final Connection connection;
  private final InstantSource clock;
  private final int maxRows;
  private final LaneCursor cursor = new LaneCursor();
  private long rows;
  private long latest;

  private SqliteStore(SqliteFile file, Connection connection, InstantSource clock, int maxRows) {
    this.file = file;
    this.connection = connection;
    this.clock = clock;
    this.maxRows = maxRows;
  }

  /**
   * Opens the file, and takes over what a dead process has left.
   *
   * @throws ConfigurationException if it cannot be had
   */
  static SqliteStore open(SqliteOutboxOptions options) {
    return open(options, InstantSource.system());
  }

  static SqliteStore open(SqliteOutboxOptions options, InstantSource clock) {
    SqliteFile file = SqliteFile.lock(options.dataDir());
    try {
      SqliteStore store = new SqliteStore(file, file.open(), clock, options.maxRows());
      store.prepare();
      return store;
    } catch (SQLException e) {
      file.close();
      throw new ConfigurationException("outbox " + file.path() + ": " + e.getMessage(), e);
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  private void prepare() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA busy_timeout = 5000");
      statement.execute("PRAGMA journal_mode = WAL");
      statement.execute("PRAGMA synchronous = FULL");
      for (String sql : SCHEMA) {
        statement.execute(sql);
      }
      statement.execute(REVIVE);
      try (ResultSet row = statement.executeQuery(LATEST)) {
        row.next();
        latest = row.getLong(1);
        rows = row.getLong(2);
      }
    }
    connection.setAutoCommit(false);
  }

  /** Work of one transaction. */
  @FunctionalInterface
  private interface Work<R> {
    R run() throws SQLException;
  }

  private synchronized <R> R transaction(Work<R> work) throws SQLException {
    try {
      R result = work.run();
      connection.commit();
      return result;
    } catch (SQLException | RuntimeException e) {
      try {
        connection.rollback();
      } catch (SQLException second) {
        e.addSuppressed(second);
      }
      throw e;
    }
  }

  /**
   * Stores an event.
   *
   * @throws QueueFullException if there is no room
   */
  synchronized void insert(PreparedEvent event) throws SQLException {
    if (rows >= maxRows) {
      throw new QueueFullException(
          "outbox %s: %d rows (limit: maxRows %d): the runtime is away or slow, or failed events fill it; see stats and listFailed"
              .formatted(file.path(), rows, maxRows));
    }
    long now = Math.max(clock.millis(), latest + 1); // ids go back with the clock
    transaction(() -> write(event, now));
    latest = now;
    rows++;
  }

  private int write(PreparedEvent event, long now) throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
      insert.setString(1, event.id());
      insert.setString(2, event.name());
      insert.setBytes(3, event.payload());
      insert.setBytes(4, event.payloadJson());
      insert.setString(5, event.contractHash());
      insert.setString(6, event.partitionKey());
      insert.setString(7, event.idempotencyKey());
      insert.setString(8, HeadersJson.write(event.headers()));
      insert.setLong(9, event.occurredAtMillis());
      insert.setLong(10, now);
      insert.setString(11, event.trace());
      return insert.executeUpdate();
    }
  }

  @Override
  public Claim claim() throws SQLException {
    return transaction(
        () -> {
          List<ClaimedEvent> events = new ArrayList<>();
          List<Long> chosen;
          do {
            chosen = choose(clock.millis());
            for (long row : chosen) {
              update(MARK, row);
              fetch(row).ifPresent(events::add);
            }
          } while (events.isEmpty() && !chosen.isEmpty()); // all of them unreadable
          return new Claim(events, events.isEmpty() ? dueIn() : 0);
        });
  }

  private List<Long> choose(long now) throws SQLException {
    cursor.begin();
    List<Long> chosen;
    boolean more;
    do {
      Window window = peek(cursor.after(), now);
      chosen = new BatchChoice(window.candidates).next();
      more = cursor.advance(window.lanes, window.last);
    } while (chosen.isEmpty() && more);
    return chosen;
  }

  private record Window(List<Candidate> candidates, int lanes, String last) {}

  private Window peek(String after, long now) throws SQLException {
    List<Candidate> candidates = new ArrayList<>();
    int lanes = 0;
    String last = "";
    try (PreparedStatement peek = connection.prepareStatement(PEEK)) {
      peek.setString(1, after);
      peek.setLong(2, now);
      peek.setLong(3, now + RetryLadder.LONGEST_MILLIS);
      try (ResultSet row = peek.executeQuery()) {
        while (row.next()) {
          String lane = row.getString(2);
          candidates.add(new Candidate(row.getLong(1), lane, row.getLong(3), row.getBoolean(4)));
          if (!lane.isEmpty()) {
            lanes++;
            last = row.getString(5);
          }
        }
      }
    }
    return new Window(candidates, lanes, last);
  }

  /** Empty for a row that cannot be read, which is parked: others are not to wait for it. */
  private Optional<ClaimedEvent> fetch(long rowid) throws SQLException {
    try (PreparedStatement fetch = connection.prepareStatement(FETCH)) {
      fetch.setLong(1, rowid);
      try (ResultSet row = fetch.executeQuery()) {
        row.next();
        try {
          return Optional.of(new ClaimedEvent(rowid, event(row), row.getInt(11)));
        } catch (IllegalArgumentException e) {
          LOG.log(
              Level.WARNING,
              "outbox_unreadable outbox=sqlite id=%s: kept; see listFailed"
                  .formatted(row.getString(1)));
          int attempts = row.getInt(11);
          update(SETTLE, "failed", attempts, "unreadable: " + e.getMessage(), 0, rowid);
          return Optional.empty();
        }
      }
    }
  }

  private static PreparedEvent event(ResultSet row) throws SQLException {
    return new PreparedEvent(
        row.getString(1),
        row.getString(2),
        row.getBytes(3),
        row.getBytes(4),
        row.getString(5),
        row.getString(6),
        row.getString(7),
        HeadersJson.read(row.getString(8)),
        row.getLong(9),
        row.getString(10));
  }

  private long dueIn() throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(NEXT_DUE)) {
      row.next();
      long due = row.getLong(1);
      if (row.wasNull()) {
        return RelayPlan.NEVER;
      }
      long wait = Math.max(0, due - clock.millis());
      return wait > RetryLadder.LONGEST_MILLIS ? 0 : wait; // the clock was set back just now
    }
  }

  @Override
  public synchronized void settle(List<RowOutcome> outcomes) throws SQLException {
    long now = clock.millis();
    int gone =
        transaction(
            () -> {
              int deleted = 0;
              for (RowOutcome outcome : outcomes) {
                deleted += settle(outcome, now);
              }
              return deleted;
            });
    rows -= gone;
  }

  /** How many rows are gone. */
  private int settle(RowOutcome outcome, long now) throws SQLException {
    if (outcome instanceof RowOutcome.Parked parked) {
      update(SETTLE, "failed", parked.attempts(), parked.error(), 0, parked.row());
    } else if (outcome instanceof RowOutcome.Rearmed again) {
      long due = now + again.pauseMillis();
      update(SETTLE, "pending", again.attempts(), again.error(), due, again.row());
    } else {
      return update(DELETE, outcome.row());
    }
    return 0;
  }

  @Override
  public void giveBack(List<ClaimedEvent> events, String why) throws SQLException {
    settle(Settlement.unanswered(events, why, ThreadLocalRandom.current()::nextDouble));
  }

  @Override
  public void release() {} // the connection is that of the publishers too

  @Override
  public void rearm() throws SQLException {
    transaction(() -> update(REARM));
  }

  OutboxStats stats() throws SQLException {
    return transaction(
        () -> {
          try (Statement statement = connection.createStatement();
              ResultSet row = statement.executeQuery(STATS)) {
            row.next();
            long pending = row.getLong(1);
            long age = pending == 0 ? 0 : Math.max(0, clock.millis() - row.getLong(3));
            return new OutboxStats(pending, row.getLong(2), Duration.ofMillis(age));
          }
        });
  }

  List<FailedEvent> listFailed(int limit, String afterId) throws SQLException {
    return transaction(
        () -> {
          try (PreparedStatement list = connection.prepareStatement(LIST_FAILED)) {
            list.setString(1, afterId);
            list.setInt(2, limit);
            List<FailedEvent> page = new ArrayList<>();
            try (ResultSet row = list.executeQuery()) {
              while (row.next()) {
                page.add(
                    new FailedEvent(
                        row.getString(1),
                        row.getString(2),
                        row.getString(3),
                        row.getInt(4),
                        row.getString(5),
                        Instant.ofEpochMilli(row.getLong(6))));
              }
            }
            return page;
          }
        });
  }

  boolean retryFailed(String id) throws SQLException {
    return transaction(() -> update(RETRY_FAILED, id)) > 0;
  }

  synchronized boolean discardFailed(String id) throws SQLException {
    int gone = transaction(() -> update(DISCARD_FAILED, id));
    rows -= gone;
    return gone > 0;
  }

  private int update(String sql, Object... values) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) {
        statement.setObject(i + 1, values[i]);
      }
      return statement.executeUpdate();
    }
  }

  @Override
  public synchronized void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      throw new ConfigurationException("outbox " + file.path() + ": " + e.getMessage(), e);
    } finally {
      file.close();
    }
  }
}
