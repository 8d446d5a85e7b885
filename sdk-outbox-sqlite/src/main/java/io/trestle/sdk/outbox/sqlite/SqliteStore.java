package io.trestle.sdk.outbox.sqlite;

import io.trestle.sdk.ConfigurationException;
import io.trestle.sdk.QueueFullException;
import io.trestle.sdk.internal.outbox.core.Candidate;
import io.trestle.sdk.internal.outbox.core.ClaimedEvent;
import io.trestle.sdk.internal.outbox.core.RelayPlan;
import io.trestle.sdk.internal.outbox.core.RetryLadder;
import io.trestle.sdk.internal.outbox.core.RowOutcome;
import io.trestle.sdk.internal.outbox.core.Settlement;
import io.trestle.sdk.internal.outbox.sql.SqlStore;
import io.trestle.sdk.internal.outbox.sql.Taken;
import io.trestle.sdk.outbox.PreparedEvent;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * All SQL of the outbox, on the one connection of the file; publishers and the relay take turns.
 *
 * <p>Order is (time of insertion, id), where time rises with every row, also when the clock stands
 * or goes back. What may be sent is the first pending row of each lane and every row without lane;
 * both are found in the index of lanes, whatever waits behind them.
 */
final class SqliteStore extends SqlStore {
  private final SqliteFile file;
  private final Connection connection;
  private final InstantSource clock;
  private final int maxRows;
  private long rows;
  private long latest;

  private SqliteStore(SqliteFile file, Connection connection, InstantSource clock, int maxRows) {
    super("sqlite", Statements.TEXTS);
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
      for (String sql : Statements.SCHEMA) {
        statement.execute(sql);
      }
      statement.execute(Statements.REVIVE);
      try (ResultSet row = statement.executeQuery(Statements.LATEST)) {
        row.next();
        latest = row.getLong(1);
        rows = row.getLong(2);
      }
    }
    connection.setAutoCommit(false);
  }

  @Override
  protected synchronized <R> R transaction(Work<R> work) throws SQLException {
    try {
      R result = work.on(connection);
      connection.commit();
      return result;
    } catch (SQLException | RuntimeException | Error e) {
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
    int unused = transaction(c -> add(event, now));
    latest = now;
    rows++;
  }

  private int add(PreparedEvent event, long now) throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(Statements.INSERT)) {
      bind(insert, event);
      insert.setLong(11, now);
      return insert.executeUpdate();
    }
  }

  @Override
  public Claim claim() throws SQLException {
    return transaction(
        c -> {
          List<ClaimedEvent> events = next(c);
          return new Claim(events, events.isEmpty() ? dueIn() : 0);
        });
  }

  /** The window shows them. */
  @Override
  public List<Candidate> free(Connection c) {
    return List.of();
  }

  @Override
  public PreparedStatement window(Connection c, String after) throws SQLException {
    long now = clock.millis();
    PreparedStatement peek = c.prepareStatement(Statements.PEEK);
    peek.setString(1, after);
    peek.setLong(2, now);
    peek.setLong(3, now + RetryLadder.LONGEST_MILLIS);
    return peek;
  }

  @Override
  public Taken take(Connection c, List<Long> rows) throws SQLException {
    List<ClaimedEvent> events = new ArrayList<>(rows.size());
    int parked = 0;
    try (PreparedStatement fetch = c.prepareStatement(Statements.FETCH)) {
      for (long row : rows) {
        int unused = update(c, Statements.MARK, row);
        fetch.setLong(1, row);
        parked += read(c, fetch, events);
      }
    }
    return new Taken(events, parked);
  }

  @Override
  public void parkedOnly(Connection c) {} // it is committed with the claim

  private long dueIn() throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(Statements.NEXT_DUE)) {
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
    rows -= transaction(c -> write(c, outcomes));
  }

  @Override
  protected int delete(Connection c, List<Long> sent) throws SQLException {
    int gone = 0;
    for (long row : sent) {
      gone += update(c, Statements.DELETE, row);
    }
    return gone;
  }

  @Override
  protected long due(long pauseMillis) {
    return clock.millis() + pauseMillis;
  }

  @Override
  protected long ageMillis(long oldest) {
    return clock.millis() - oldest;
  }

  @Override
  public void giveBack(List<ClaimedEvent> events, String why) throws SQLException {
    settle(Settlement.unanswered(events, why, ThreadLocalRandom.current()::nextDouble));
  }

  @Override
  public void release() {} // the connection is that of the publishers too

  @Override
  public void rearm() throws SQLException {
    int unused = transaction(c -> update(c, Statements.REARM));
  }

  @Override
  public synchronized boolean discardFailed(String id) throws SQLException {
    boolean there = super.discardFailed(id);
    rows -= there ? 1 : 0;
    return there;
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
