package io.trestle.sdk.internal.events;

import io.trestle.sdk.EventContext;
import io.trestle.sdk.EventHandler;
import io.trestle.sdk.TransactionalHandler;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import javax.sql.DataSource;

/**
 * A handler that records what it handles in the transaction it works in. The row is written first:
 * of two that handle the same event, the second waits there until the first has committed, and then
 * knows. Any thread.
 */
public final class HandledInTable<T> implements EventHandler<T> {
  private static final String RECORD =
      "INSERT INTO trestle_handled_events (event_id, pattern) VALUES (?, ?)";

  /** Integrity constraint violation: the row is there. */
  private static final String THERE_ALREADY = "23";

  private final DataSource source;
  private final TransactionalHandler<T> handler;

  /** Takes a connection for each event. */
  public HandledInTable(DataSource source, TransactionalHandler<T> handler) {
    this.source = source;
    this.handler = handler;
  }

  @Override
  public void handle(T event, EventContext context) throws Exception {
    try (Connection transaction = source.getConnection()) {
      boolean alone = transaction.getAutoCommit();
      transaction.setAutoCommit(false);
      boolean good = false;
      try {
        if (record(transaction, context)) {
          handler.handle(event, context, transaction);
          transaction.commit();
          good = true;
        }
      } finally {
        if (!good) {
          transaction.rollback();
        }
        transaction.setAutoCommit(alone);
      }
    }
  }

  private static boolean record(Connection transaction, EventContext context) throws SQLException {
    try (PreparedStatement insert = transaction.prepareStatement(RECORD)) {
      insert.setString(1, context.eventId());
      insert.setString(2, context.matchedPattern());
      insert.executeUpdate();
      return true;
    } catch (SQLException e) {
      String state = e.getSQLState();
      if (state != null && state.startsWith(THERE_ALREADY)) {
        return false;
      }
      throw e;
    }
  }
}
