package io.trestle.sdk.internal.outbox.sql;

import io.trestle.sdk.internal.outbox.HeadersJson;
import io.trestle.sdk.internal.outbox.OutboxStore;
import io.trestle.sdk.internal.outbox.core.ClaimedEvent;
import io.trestle.sdk.internal.outbox.core.RowOutcome;
import io.trestle.sdk.outbox.FailedEvent;
import io.trestle.sdk.outbox.OutboxStats;
import io.trestle.sdk.outbox.PreparedEvent;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * A store of an outbox, but for its dialect and its connections: how rows are read and written,
 * found and taken, and what people ask of them. Those who extend it say in which transaction, and
 * with which statements.
 */
public abstract class SqlStore implements OutboxStore, ClaimRows {
  private static final Logger LOG = System.getLogger("io.trestle.sdk.outbox");

  private final String name;
  private final Texts sql;
  private final ClaimWalk walk = new ClaimWalk(this);

  /**
   * Statements.
   *
   * @param settle status, attempts, error and what {@link #due} makes of a pause, of a row
   * @param stats how many are pending, how many failed, what {@link #ageMillis} makes an age of
   * @param listFailed six columns as {@link FailedEvent} has them, after an id, so many
   * @param retryFailed of an id
   * @param discardFailed of an id
   */
  public record Texts(
      String settle, String stats, String listFailed, String retryFailed, String discardFailed) {}

  /**
   * A store.
   *
   * @param name of the outbox, for logs
   */
  protected SqlStore(String name, Texts sql) {
    this.name = name;
    this.sql = sql;
  }

  /** Work of one transaction. */
  @FunctionalInterface
  protected interface Work<R> {
    /** Does it. */
    R on(Connection connection) throws SQLException;
  }

  /** Does work in a transaction of its own. Any thread. */
  protected abstract <R> R transaction(Work<R> work) throws SQLException;

  // ---- the claim

  /** The rows of the next request, in the transaction of the connection. */
  protected final List<ClaimedEvent> next(Connection connection) throws SQLException {
    return walk.next(connection);
  }

  /**
   * Reads rows (number, the event as {@link #bind} wrote it, attempts) and parks those that cannot
   * be read: others are not to wait for them.
   *
   * @return how many were parked
   */
  protected final int read(Connection connection, PreparedStatement rows, List<ClaimedEvent> into)
      throws SQLException {
    int parked = 0;
    try (ResultSet row = rows.executeQuery()) {
      while (row.next()) {
        try {
          into.add(new ClaimedEvent(row.getLong(1), event(row), row.getInt(12)));
        } catch (IllegalArgumentException e) {
          parked++;
          String why = "unreadable: " + e.getMessage();
          mark(connection, "failed", row.getInt(12), why, 0, row.getLong(1));
          LOG.log(
              Level.WARNING,
              "outbox_unreadable outbox=%s id=%s: kept; see listFailed"
                  .formatted(name, row.getString(2)));
        }
      }
    }
    return parked;
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

  /** Sets the first ten parameters of an insert. */
  protected static void bind(PreparedStatement insert, PreparedEvent event) throws SQLException {
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
  }

  // ---- the settlement

  /** What the column of the next attempt is set by, for a pause from now. */
  protected abstract long due(long pauseMillis);

  /** Deletes rows that the relay has; how many there were. */
  protected abstract int delete(Connection connection, List<Long> rows) throws SQLException;

  /** Writes what became of rows; how many are gone. */
  protected final int write(Connection connection, List<RowOutcome> outcomes) throws SQLException {
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
    return gone.isEmpty() ? 0 : delete(connection, gone);
  }

  private void mark(
      Connection connection, String status, int attempts, String error, long pauseMillis, long row)
      throws SQLException {
    String text = error.replace('\0', ' ');
    int unused = update(connection, sql.settle, status, attempts, text, due(pauseMillis), row);
  }

  // ---- what people ask

  /** How old something is by the third column of the statistics. */
  protected abstract long ageMillis(long oldest);

  @Override
  public final OutboxStats stats() throws SQLException {
    return transaction(
        connection -> {
          try (PreparedStatement stats = connection.prepareStatement(sql.stats);
              ResultSet row = stats.executeQuery()) {
            row.next();
            long pending = row.getLong(1);
            long age = pending == 0 ? 0 : Math.max(0, ageMillis(row.getLong(3)));
            return new OutboxStats(pending, row.getLong(2), Duration.ofMillis(age));
          }
        });
  }

  @Override
  public final List<FailedEvent> listFailed(int limit, String afterId) throws SQLException {
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

  @Override
  public final boolean retryFailed(String id) throws SQLException {
    return transaction(connection -> update(connection, sql.retryFailed, id)) > 0;
  }

  @Override
  public boolean discardFailed(String id) throws SQLException {
    return transaction(connection -> update(connection, sql.discardFailed, id)) > 0;
  }

  /** Executes a statement with parameters; how many rows it changed. */
  protected static int update(Connection connection, String sql, Object... values)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) {
        statement.setObject(i + 1, values[i]);
      }
      return statement.executeUpdate();
    }
  }
}
