package io.trestle.sdk.outbox.jdbc;

import io.trestle.sdk.internal.outbox.core.Candidate;
import io.trestle.sdk.internal.outbox.core.ClaimedEvent;
import io.trestle.sdk.internal.outbox.core.RelayPlan;
import io.trestle.sdk.internal.outbox.core.RowOutcome;
import io.trestle.sdk.internal.outbox.sql.SqlStore;
import io.trestle.sdk.internal.outbox.sql.Taken;
import io.trestle.sdk.outbox.PreparedEvent;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
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
final class JdbcStore extends SqlStore {
  private final DataSource source;
  private final JdbcOutboxOptions options;
  private final Statements sql;
  private @Nullable Session relay; // while there is work

  JdbcStore(DataSource source, JdbcOutboxOptions options) {
    this(source, options, new Statements(options.table()));
  }

  private JdbcStore(DataSource source, JdbcOutboxOptions options, Statements sql) {
    super(options.table(), sql.texts);
    this.source = source;
    this.options = options;
    this.sql = sql;
  }

  @Override
  protected <R> R transaction(Work<R> work) throws SQLException {
    Session session = Session.open(source);
    R result;
    try {
      result = work.on(session.connection());
    } catch (SQLException | RuntimeException | Error e) {
      session.abandon(e);
      throw e;
    }
    session.close(true);
    return result;
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
      bind(insert, event);
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
      Connection connection = relay.connection();
      List<ClaimedEvent> events = next(connection);
      return new Claim(events, events.isEmpty() ? dueIn(connection) : 0);
    } catch (SQLException | RuntimeException | Error e) {
      abandon(e);
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
    } catch (SQLException | RuntimeException | Error e) {
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

  private void abandon(Throwable why) {
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

  /** Rows without lane, locked; those that do not fit into this request wait for the next one. */
  @Override
  public List<Candidate> free(Connection connection) throws SQLException {
    List<Candidate> candidates = new ArrayList<>();
    try (PreparedStatement free = connection.prepareStatement(sql.free);
        ResultSet row = free.executeQuery()) {
      while (row.next()) {
        candidates.add(new Candidate(row.getLong(1), "", row.getLong(2), true));
      }
    }
    return candidates;
  }

  @Override
  public PreparedStatement window(Connection connection, String after) throws SQLException {
    PreparedStatement peek = connection.prepareStatement(sql.peek);
    peek.setString(1, after);
    return peek;
  }

  @Override
  public Taken take(Connection connection, List<Long> rows) throws SQLException {
    List<ClaimedEvent> events = new ArrayList<>(rows.size());
    try (PreparedStatement lock = connection.prepareStatement(sql.lock)) {
      lock.setArray(1, connection.createArrayOf("bigint", rows.toArray()));
      return new Taken(events, read(connection, lock, events));
    }
  }

  /** Or the end of the transaction would take it back. */
  @Override
  public void parkedOnly(Connection connection) throws SQLException {
    connection.commit();
  }

  @Override
  public void settle(List<RowOutcome> outcomes) throws SQLException {
    if (relay == null) {
      relay = Session.open(source);
    }
    try {
      int unused = write(relay.connection(), outcomes);
      relay.connection().commit();
    } catch (SQLException | RuntimeException | Error e) {
      abandon(e);
      throw e;
    }
  }

  @Override
  protected int delete(Connection connection, List<Long> rows) throws SQLException {
    try (PreparedStatement delete = connection.prepareStatement(sql.delete)) {
      delete.setArray(1, connection.createArrayOf("bigint", rows.toArray()));
      delete.executeUpdate();
    }
    return rows.size();
  }

  /** The statement adds it to the clock of the database. */
  @Override
  protected long due(long pauseMillis) {
    return pauseMillis;
  }

  @Override
  protected long ageMillis(long oldest) {
    return oldest;
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
    int unused = transaction(connection -> update(connection, sql.rearm));
  }

  @Override
  public void close() {} // the connection of the relay is released at its end
}
