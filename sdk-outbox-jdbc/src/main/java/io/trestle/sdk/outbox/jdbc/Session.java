package io.trestle.sdk.outbox.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/** A connection of the relay, with a transaction that reads what is committed. */
record Session(Connection connection, boolean autoCommit, int isolation) {
  static Session open(DataSource source) throws SQLException {
    return of(source.getConnection());
  }

  /** Closes the connection if it fails. */
  static Session of(Connection connection) throws SQLException {
    try {
      Session session =
          new Session(connection, connection.getAutoCommit(), connection.getTransactionIsolation());
      if (!session.autoCommit) {
        connection.rollback(); // asking has begun a transaction
      }
      if (session.isolation != Connection.TRANSACTION_READ_COMMITTED) {
        connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
      }
      connection.setAutoCommit(false);
      return session;
    } catch (SQLException | RuntimeException | Error e) {
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
  void abandon(Throwable why) {
    try {
      close(false);
    } catch (SQLException | RuntimeException second) {
      why.addSuppressed(second);
    }
  }
}
