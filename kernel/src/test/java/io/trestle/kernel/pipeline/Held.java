package io.trestle.kernel.pipeline;

import static org.awaitility.Awaitility.await;

import io.trestle.kernel.TestPostgres;
import io.vertx.pgclient.PgConnectOptions;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/** A table lock held by somebody else: whoever writes to the table waits inside PostgreSQL. */
final class Held implements AutoCloseable {

  private final PgConnectOptions database;
  private final Connection connection;

  Held(PgConnectOptions database, String table) {
    this.database = database;
    try {
      connection = TestPostgres.jdbc(database);
      connection.setAutoCommit(false);
      try (Statement lock = connection.createStatement()) {
        lock.execute("LOCK TABLE " + table + " IN SHARE MODE");
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Until some backend of the pipeline waits for the lock. */
  void awaitWaiter() {
    await()
        .atMost(TestPipelines.PATIENCE)
        .until(
            () ->
                !TestPostgres.query(
                        database,
                        "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
                            + " AND wait_event_type = 'Lock' AND wait_event = 'relation'")
                    .isEmpty());
  }

  void release() {
    try {
      if (!connection.isClosed()) {
        connection.rollback();
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
