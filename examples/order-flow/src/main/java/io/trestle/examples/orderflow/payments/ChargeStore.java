package io.trestle.examples.orderflow.payments;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import javax.sql.DataSource;

/**
 * The table of charges. Its primary key is the order id: that, and not anything in memory or in the
 * runtime, is what makes a second charge of an order impossible, whoever asks and whoever died.
 */
final class ChargeStore implements AutoCloseable {
  private static final String CREATE =
      """
      CREATE TABLE IF NOT EXISTS charges (
        order_id     text PRIMARY KEY,
        charge_id    text NOT NULL,
        card         text NOT NULL,
        amount_cents bigint NOT NULL,
        instance_id  text NOT NULL,
        refused      integer NOT NULL DEFAULT 0,
        charged_at   timestamptz NOT NULL DEFAULT now(),
        refunded_at  timestamptz
      )""";

  /** Two instances may start at once; without the lock one of them may fail at CREATE. */
  private static final String LOCK = "SELECT pg_advisory_xact_lock(7165)";

  /** Served by the primary key. */
  private static final String INSERT =
      """
      INSERT INTO charges (order_id, charge_id, card, amount_cents, instance_id)
      VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (order_id) DO NOTHING""";

  /** Served by the primary key. */
  private static final String REFUSE =
      "UPDATE charges SET refused = refused + 1 WHERE order_id = ? RETURNING charge_id";

  /** Served by the primary key. */
  private static final String REFUND =
      """
      UPDATE charges SET refunded_at = coalesce(refunded_at, now()) WHERE order_id = ?
      RETURNING charge_id, amount_cents""";

  private final DataSource source;
  private final BlockingQueue<Connection> idle = new LinkedBlockingQueue<>();

  ChargeStore(DataSource source) {
    this.source = source;
  }

  /** A charge to be made. */
  record Charge(
      String orderId, String chargeId, String card, long amountCents, String instanceId) {}

  /** A charge that was given back. */
  record Refund(String chargeId, long amountCents) {}

  /** What is done with a connection. */
  @FunctionalInterface
  private interface Work<T> {
    T on(Connection connection) throws SQLException;
  }

  /** Makes the table if there is none. */
  void createTable() throws SQLException {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute(LOCK);
      statement.execute(CREATE);
      connection.commit();
    }
  }

  /**
   * Charges an order unless it was charged before.
   *
   * @return the earlier charge, which stands; empty when this one does
   */
  Optional<String> charge(Charge charge) throws SQLException {
    return with(
        connection ->
            insert(connection, charge)
                ? Optional.empty()
                : Optional.of(refuse(connection, charge.orderId())));
  }

  /**
   * Marks the charge of an order as given back; once is as good as twice.
   *
   * @return empty when the order was never charged
   */
  Optional<Refund> refund(String orderId) throws SQLException {
    return with(connection -> refund(connection, orderId));
  }

  @Override
  public void close() throws SQLException {
    for (Connection connection = idle.poll(); connection != null; connection = idle.poll()) {
      connection.close();
    }
  }

  private <T> T with(Work<T> work) throws SQLException {
    Connection connection = borrow();
    try {
      T result = work.on(connection);
      idle.add(connection);
      return result;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /** As many connections as there are handlers at work; the bridge bounds these. */
  private Connection borrow() throws SQLException {
    Connection connection = idle.poll();
    return connection == null ? source.getConnection() : connection;
  }

  private static boolean insert(Connection connection, Charge charge) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(INSERT)) {
      statement.setString(1, charge.orderId());
      statement.setString(2, charge.chargeId());
      statement.setString(3, charge.card());
      statement.setLong(4, charge.amountCents());
      statement.setString(5, charge.instanceId());
      return statement.executeUpdate() == 1;
    }
  }

  private static String refuse(Connection connection, String orderId) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(REFUSE)) {
      statement.setString(1, orderId);
      try (ResultSet rows = statement.executeQuery()) {
        if (!rows.next()) {
          throw new SQLException("charge of order " + orderId + " is there and is not");
        }
        return rows.getString(1);
      }
    }
  }

  private static Optional<Refund> refund(Connection connection, String orderId)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(REFUND)) {
      statement.setString(1, orderId);
      try (ResultSet rows = statement.executeQuery()) {
        return rows.next()
            ? Optional.of(new Refund(rows.getString(1), rows.getLong(2)))
            : Optional.empty();
      }
    }
  }
}
