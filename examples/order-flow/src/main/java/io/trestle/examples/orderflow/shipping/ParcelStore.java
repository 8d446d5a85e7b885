package io.trestle.examples.orderflow.shipping;

import io.trestle.sdk.Deduplicated;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/**
 * The tables of shipping. That of parcels has no key on purpose: nothing in it would stop a second
 * parcel for an order, so that it shows whether the handler kept to one.
 */
final class ParcelStore {
  private static final String PARCELS =
      """
      CREATE TABLE IF NOT EXISTS parcels (
        order_id  text NOT NULL,
        event_id  text NOT NULL,
        packed_at timestamptz NOT NULL DEFAULT clock_timestamp()
      )""";

  private static final String ARRIVALS =
      """
      CREATE TABLE IF NOT EXISTS arrivals (
        event_id   text PRIMARY KEY,
        order_id   text NOT NULL,
        deliveries integer NOT NULL DEFAULT 1,
        first_at   timestamptz NOT NULL DEFAULT clock_timestamp()
      )""";

  private static final String PAGES =
      """
      CREATE TABLE IF NOT EXISTS address_pages (
        page    text PRIMARY KEY,
        missing boolean NOT NULL
      )""";

  private static final String HANDLED =
      Deduplicated.TABLE.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS");

  /** Served by the primary key. A page that was found stays found. */
  private static final String MISS =
      "INSERT INTO address_pages VALUES (?, true) ON CONFLICT (page) DO NOTHING";

  /** Served by the primary key. */
  private static final String FIND =
      """
      INSERT INTO address_pages VALUES (?, false)
      ON CONFLICT (page) DO UPDATE SET missing = false""";

  /** Served by the primary key. */
  private static final String MISSING = "SELECT missing FROM address_pages WHERE page = ?";

  /** Served by the primary key. */
  private static final String ARRIVED =
      """
      INSERT INTO arrivals (event_id, order_id) VALUES (?, ?)
      ON CONFLICT (event_id) DO UPDATE SET deliveries = arrivals.deliveries + 1""";

  private static final String SHIP = "INSERT INTO parcels (event_id, order_id) VALUES (?, ?)";

  private final DataSource source;

  ParcelStore(DataSource source) {
    this.source = source;
  }

  /** Makes the tables if there are none, and an address book without a page. */
  void createTables(String missingPage) throws SQLException {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(PARCELS);
      statement.execute(ARRIVALS);
      statement.execute(PAGES);
      statement.execute(HANDLED);
      execute(connection, MISS, missingPage);
    }
  }

  /** An event was delivered, perhaps not for the first time. */
  void arrived(String eventId, String orderId) throws SQLException {
    try (Connection connection = source.getConnection()) {
      execute(connection, ARRIVED, eventId, orderId);
    }
  }

  /** A page of the address book was found; once is as good as twice. */
  void found(String page) throws SQLException {
    try (Connection connection = source.getConnection()) {
      execute(connection, FIND, page);
    }
  }

  boolean isMissing(Connection transaction, String page) throws SQLException {
    try (PreparedStatement statement = transaction.prepareStatement(MISSING)) {
      statement.setString(1, page);
      try (ResultSet rows = statement.executeQuery()) {
        return rows.next() && rows.getBoolean(1);
      }
    }
  }

  void ship(Connection transaction, String eventId, String orderId) throws SQLException {
    execute(transaction, SHIP, eventId, orderId);
  }

  private static void execute(Connection connection, String sql, String... values)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) {
        statement.setString(i + 1, values[i]);
      }
      statement.executeUpdate();
    }
  }
}
