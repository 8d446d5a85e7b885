package io.trestle.sdk.outbox.jdbc;

import io.trestle.sdk.internal.outbox.HeadersJson;
import io.trestle.sdk.internal.outbox.OutboxTable;
import io.trestle.sdk.internal.outbox.core.BatchChoice;
import io.trestle.sdk.internal.outbox.core.Candidate;
import io.trestle.sdk.internal.outbox.core.ClaimedEvent;
import io.trestle.sdk.internal.outbox.core.LaneCursor;
import io.trestle.sdk.internal.outbox.core.RelayPlan;
import io.trestle.sdk.internal.outbox.core.RowOutcome;
import io.trestle.sdk.outbox.FailedEvent;
import io.trestle.sdk.outbox.OutboxStats;
import io.trestle.sdk.outbox.PreparedEvent;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The table of an outbox: inserts in the transactions of others, and the claim of the relay, a
 * transaction of its own that stays open while the rows are sent.
 *
 * <p>Who may send what is said by row locks, so a relay that dies leaves nothing behind: the
 * database ends its transaction and the rows are free. Two steps find the rows. The first, without
 * locks, looks at the first pending row of each lane, in the table as everybody sees it, locked or
 * not. The second locks those rows, and skips what another relay has. The lock of the first row of
 * a lane is thereby the lock of the lane: the second row is never looked at while the first is
 * there, so it cannot overtake a row that somebody else is sending. Rows without lane have no order
 * and are found and locked in one step, what others have skipped. Rejected: one statement with
 * {@code SKIP LOCKED} ordered by lane, which does just that; a lease in the row, which costs a
 * write before each request and a pause after each crash.
 *
 * <p>A row that is committed late might still be earlier than what is seen, since numbers are given
 * out before the commit. Within a lane the lock of {@link #insert} excludes that: it is held until
 * the end of the transaction, so numbers of a lane rise in the order of commits.
 *
 * <p>If the connection breaks before the rows are settled, they are settled on another one: their
 * locks are gone, but what is written is the same whoever writes it. A relay that sent them in
 * between was answered that the runtime has them.
 */
final class JdbcStore implements OutboxTable {
  private static final Logger LOG = System.getLogger("io.trestle.sdk.outbox");

  private final DataSource source;
  private final JdbcOutboxOptions options;
  private final Statements sql;
  private final LaneCursor cursor = new LaneCursor();
  private @Nullable Session relay; // while there is work
  private int parked; // in this claim, for being unreadable

  JdbcStore(DataSource source, JdbcOutboxOptions options) {
    this.source = source;
    this.options = options;
    this.sql = new Statements(options.table());
  }

  /** A connection of the relay, with a transaction that reads what is committed. */
  private record Session(Connection connection, boolean autoCommit, int isolation) {
    static Session open(DataSource source) throws SQLException {
      return of(source.getConnection());
    }

    /** Closes the connection if it fails. */
    static Session of(Connection connection) throws SQLException {
      try {
        Session session =
            new Session(
                connection, connection.getAutoCommit(), connection.getTransactionIsolation());
        if (!session.autoCommit) {
          connection.rollback(); // asking has begun a transaction
        }
        if (session.isolation != Connection.TRANSACTION_READ_COMMITTED) {
          connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
        }
        connection.setAutoCommit(false);
        return session;
      } catch (SQLException e) {
        connection.close();
        throw e;
      }
    }

    /** Gives the connection back as it came. */
    void close(boolean commit) throws SQLException {
      try (Connection ending = connection) {
        if (commit) {
          ending.commit();
        } else {
          ending.rollback();
        }
        ending.setAutoCommit(autoCommit);
        if (isolation != Connection.TRANSACTION_READ_COMMITTED) {
          ending.setTransactionIsolation(isolation);
        }
      }
    }

    /** Gives back a connection that failed. */
    void abandon(SQLException why) {
      try {
        close(false);
      } catch (SQLException second) {
        why.addSuppressed(second);
      }
    }
  }

  /** Work of one transaction. */
  @FunctionalInterface
  private interface Work<R> {
    R on(Connection connection) throws SQLException;
  }

  private <R> R transaction(Work<R> work) throws SQLException {
    Session session = Session.open(source);
    R result;
    try {
      result = work.on(session.connection);
    } catch (SQLException e) {
      session.abandon(e);
      throw e;
    }
    session.close(true);
    return result;
  }

  static void createTable(DataSource source, String table) throws SQLException {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement()) {
      for (String made : Statements.schema(table, resource())) {
        if (!made.isEmpty()) {
          statement.execute(made);
        }
      }
      if (!connection.getAutoCommit()) {
        connection.commit();
      }
    }
  }

  private static String resource() {
    try (InputStream in = JdbcStore.class.getResourceAsStream("postgresql.sql")) {
      if (in == null) {
        throw new IllegalStateException("postgresql.sql is not in the archive");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes an event in the transaction of somebody else. Any thread. */
  void insert(Connection transaction, PreparedEvent event) throws SQLException {
    if (options.laneLocks() && !event.partitionKey().isEmpty()) {
      try (PreparedStatement lock = transaction.prepareStatement(sql.lockLane)) {
        lock.setLong(1, lockOf(options.table(), event.partitionKey()));
        lock.execute();
      }
    }
    try (PreparedStatement insert = transaction.prepareStatement(sql.insert)) {
      insert.setString(1, event.id());
      insert.setString(2, event.name());
      insert.setBytes(3, event.payload());
      insert.setBytes(4, event.payloadJson());
      insert.setString(5, event.contractHash());
      insert.setString(6, event.partitionKey());
      insert.setString(7, event.idempotencyKey());
      insert.setString(8, HeadersJson.write(event.headers()));
      insert.setLong(9, event.occurredAtMillis());
      insert.setString(10, event.trace());
      insert.executeUpdate();
    }
  }

  /** A number that others will hardly lock: 64 bits of a digest. */
  private static long lockOf(String table, String lane) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] text = (table + '\n' + lane).getBytes(StandardCharsets.UTF_8);
      return ByteBuffer.wrap(digest.digest(text)).getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  @Override
  public Claim claim() throws SQLException {
    if (relay == null) {
      long dueIn = probe();
      if (relay == null) {
        return new Claim(List.of(), dueIn);
      }
    }
    try {
      Connection connection = relay.connection;
      List<ClaimedEvent> events = lockReadable(connection);
      return new Claim(events, events.isEmpty() ? dueIn(connection) : 0);
    } catch (SQLException e) {
      abandon(e);
      throw e;
    } catch (RuntimeException e) {
      abandon(new SQLException(e));
      throw e;
    }
  }

  /** All that an idle outbox does; if a row is due, the connection is kept for the claim. */
  private long probe() throws SQLException {
    Connection connection = source.getConnection();
    long dueIn;
    try {
      dueIn = dueIn(connection);
      if (!connection.getAutoCommit()) {
        connection.rollback();
      }
    } catch (SQLException | RuntimeException e) {
      connection.close();
      throw e;
    }
    if (dueIn > 0) {
      connection.close();
    } else {
      relay = Session.of(connection);
    }
    return dueIn;
  }

  private void abandon(SQLException why) {
    Session failed = relay;
    relay = null;
    if (failed != null) {
      failed.abandon(why);
    }
  }

  private long dueIn(Connection connection) throws SQLException {
    try (PreparedStatement probe = connection.prepareStatement(sql.dueIn);
        ResultSet row = probe.executeQuery()) {
      row.next();
      long millis = row.getLong(1);
      return row.wasNull() ? RelayPlan.NEVER : Math.max(0, millis);
    }
  }

  private List<ClaimedEvent> lockReadable(Connection connection) throws SQLException {
    while (true) {
      parked = 0;
      List<ClaimedEvent> events = lockNext(connection);
      if (!events.isEmpty() || parked == 0) {
        return events; // what is parked beside them is written with their settlement
      }
      connection.commit();
    }
  }

  private List<ClaimedEvent> lockNext(Connection connection) throws SQLException {
    List<Candidate> free = free(connection);
    cursor.begin();
    while (true) {
      Window window = peek(connection, cursor.after());
      boolean more = cursor.advance(window.lanes, window.last);
      window.candidates.addAll(free); // without effect after the first window: they are locked
      window.candidates.sort(Comparator.comparingLong(Candidate::row));
      BatchChoice choice = new BatchChoice(window.candidates);
      for (List<Long> rows = choice.next(); !rows.isEmpty(); rows = choice.next()) {
        List<ClaimedEvent> locked = lock(connection, rows);
        if (!locked.isEmpty()) {
          return locked;
        }
      }
      if (!more) {
        return List.of();
      }
    }
  }

  /** Rows without lane, locked; those that do not fit into this request wait for the next one. */
  private List<Candidate> free(Connection connection) throws SQLException {
    List<Candidate> candidates = new ArrayList<>();
    try (PreparedStatement free = connection.prepareStatement(sql.free);
        ResultSet row = free.executeQuery()) {
      while (row.next()) {
        candidates.add(new Candidate(row.getLong(1), "", row.getLong(2), true));
      }
    }
    return candidates;
  }

  private record Window(List<Candidate> candidates, int lanes, String last) {}

  private Window peek(Connection connection, String after) throws SQLException {
    List<Candidate> candidates = new ArrayList<>();
    String last = "";
    try (PreparedStatement peek = connection.prepareStatement(sql.peek)) {
      peek.setString(1, after);
      try (ResultSet row = peek.executeQuery()) {
        while (row.next()) {
          String lane = row.getString(2);
          candidates.add(new Candidate(row.getLong(1), lane, row.getLong(3), row.getBoolean(4)));
          last = row.getString(5);
        }
      }
    }
    return new Window(candidates, candidates.size(), last);
  }

  private List<ClaimedEvent> lock(Connection connection, List<Long> rows) throws SQLException {
    List<ClaimedEvent> locked = new ArrayList<>(rows.size());
    try (PreparedStatement lock = connection.prepareStatement(sql.lock)) {
      lock.setArray(1, connection.createArrayOf("bigint", rows.toArray()));
      try (ResultSet row = lock.executeQuery()) {
        while (row.next()) {
          try {
            locked.add(new ClaimedEvent(row.getLong(1), event(row), row.getInt(12)));
          } catch (IllegalArgumentException e) { // others are not to wait for it
            park(connection, row, e);
          }
        }
      }
    }
    return locked;
  }

  private static PreparedEvent event(ResultSet row) throws SQLException {
    return new PreparedEvent(
        row.getString(2),
        row.getString(3),
        row.getBytes(4),
        row.getBytes(5),
        row.getString(6),
        row.getString(7),
        row.getString(8),
        HeadersJson.read(row.getString(9)),
        row.getLong(10),
        row.getString(11));
  }

  private void park(Connection connection, ResultSet row, IllegalArgumentException why)
      throws SQLException {
    String error = "unreadable: " + why.getMessage();
    mark(connection, "failed", row.getInt(12), error, 0, row.getLong(1));
    parked++;
    LOG.log(
        Level.WARNING,
        "outbox_unreadable outbox=%s id=%s: kept; see listFailed"
            .formatted(options.table(), row.getString(2)));
  }

  @Override
  public void settle(List<RowOutcome> outcomes) throws SQLException {
    if (relay == null) {
      relay = Session.open(source);
    }
    try {
      write(relay.connection, outcomes);
      relay.connection.commit();
    } catch (SQLException e) {
      abandon(e);
      throw e;
    }
  }

  private void write(Connection connection, List<RowOutcome> outcomes) throws SQLException {
    List<Long> gone = new ArrayList<>(outcomes.size());
    for (RowOutcome outcome : outcomes) {
      if (outcome instanceof RowOutcome.Parked parked) {
        mark(connection, "failed", parked.attempts(), parked.error(), 0, parked.row());
      } else if (outcome instanceof RowOutcome.Rearmed again) {
        mark(
            connection,
            "pending",
            again.attempts(),
            again.error(),
            again.pauseMillis(),
            again.row());
      } else {
        gone.add(outcome.row());
      }
    }
    if (!gone.isEmpty()) {
      try (PreparedStatement delete = connection.prepareStatement(sql.delete)) {
        delete.setArray(1, connection.createArrayOf("bigint", gone.toArray()));
        delete.executeUpdate();
      }
    }
  }

  private void mark(
      Connection connection, String status, int attempts, String error, long pauseMillis, long row)
      throws SQLException {
    try (PreparedStatement settle = connection.prepareStatement(sql.settle)) {
      settle.setString(1, status);
      settle.setInt(2, attempts);
      settle.setString(3, error.replace('\0', ' '));
      settle.setLong(4, pauseMillis);
      settle.setLong(5, row);
      settle.executeUpdate();
    }
  }

  /** Without a trace: another instance may well reach the runtime, and is to take the rows now. */
  @Override
  public void giveBack(List<ClaimedEvent> events, String why) {
    release();
  }

  @Override
  public void release() {
    abandon(new SQLException("released")); // a connection that cannot be closed is gone as well
  }

  @Override
  public void rearm() throws SQLException {
    release();
    transaction(
        connection -> {
          try (PreparedStatement rearm = connection.prepareStatement(sql.rearm)) {
            return rearm.executeUpdate();
          }
        });
  }

  OutboxStats stats() throws SQLException {
    return transaction(
        connection -> {
          try (PreparedStatement stats = connection.prepareStatement(sql.stats);
              ResultSet row = stats.executeQuery()) {
            row.next();
            Duration oldest = Duration.ofMillis(Math.max(0, row.getLong(3))); // 0 for null
            return new OutboxStats(row.getLong(1), row.getLong(2), oldest);
          }
        });
  }

  List<FailedEvent> listFailed(int limit, String afterId) throws SQLException {
    return transaction(
        connection -> {
          try (PreparedStatement list = connection.prepareStatement(sql.listFailed)) {
            list.setString(1, afterId);
            list.setInt(2, limit);
            return failed(list);
          }
        });
  }

  private static List<FailedEvent> failed(PreparedStatement list) throws SQLException {
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

  boolean retryFailed(String id) throws SQLException {
    return changed(sql.retryFailed, id);
  }

  boolean discardFailed(String id) throws SQLException {
    return changed(sql.discardFailed, id);
  }

  private boolean changed(String statement, String id) throws SQLException {
    return transaction(
        connection -> {
          try (PreparedStatement change = connection.prepareStatement(statement)) {
            change.setString(1, id);
            return change.executeUpdate() > 0;
          }
        });
  }
}
