package io.trestle.examples.orderflow.demo;

import io.trestle.examples.orderflow.Environment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * The database of the example: its own, with an owner of its own, on the server that the demo's
 * kernel runs anyway.
 */
final class ExampleDatabase {
  private static final String NAME = "order_flow";
  private static final String ADMIN = "postgres";

  /** Sequential: a demo's worth of rows. */
  private static final String CHARGES =
      """
      SELECT order_id, amount_cents, instance_id, refused, refunded_at IS NOT NULL
      FROM charges WHERE order_id = ANY (?)""";

  private final String server;
  private final String adminPassword;
  private final String password;

  private ExampleDatabase(String server, String adminPassword, String password) {
    this.server = server;
    this.adminPassword = adminPassword;
    this.password = password;
  }

  /**
   * Makes it.
   *
   * @param embedded directory of the embedded PostgreSQL, with its port and password
   */
  static ExampleDatabase create(Path embedded) {
    try {
      String port = Files.readString(embedded.resolve("port")).strip();
      String adminPassword = Files.readString(embedded.resolve("password")).strip();
      ExampleDatabase database =
          new ExampleDatabase(
              "jdbc:postgresql://127.0.0.1:" + port + "/", adminPassword, randomPassword());
      database.make();
      return database;
    } catch (IOException | SQLException e) {
      throw new DemoException("the database of the example cannot be made: " + e.getMessage(), e);
    }
  }

  /** What the payments are told. */
  Map<String, String> environment() {
    return Map.of(
        Environment.DATABASE_URL, server + NAME,
        Environment.DATABASE_USER, NAME,
        Environment.DATABASE_PASSWORD, password);
  }

  /** The charges of some orders. */
  Ledger ledger(List<String> orderIds) {
    try (Connection connection = DriverManager.getConnection(server + NAME, NAME, password);
        PreparedStatement statement = connection.prepareStatement(CHARGES)) {
      statement.setArray(1, connection.createArrayOf("text", orderIds.toArray()));
      List<Ledger.Row> rows = new ArrayList<>();
      try (ResultSet found = statement.executeQuery()) {
        while (found.next()) {
          rows.add(
              new Ledger.Row(
                  found.getString(1),
                  found.getLong(2),
                  found.getString(3),
                  found.getInt(4),
                  found.getBoolean(5)));
        }
      }
      return new Ledger(rows);
    } catch (SQLException e) {
      throw new DemoException("the charges cannot be read: " + e.getMessage(), e);
    }
  }

  private void make() throws SQLException {
    try (Connection connection = DriverManager.getConnection(server + ADMIN, ADMIN, adminPassword);
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE ROLE " + NAME + " LOGIN PASSWORD '" + password + "'");
      statement.execute("CREATE DATABASE " + NAME + " OWNER " + NAME);
    }
  }

  /** Digits and letters only, so that it may stand in a statement. */
  private static String randomPassword() {
    byte[] bytes = new byte[24];
    new SecureRandom().nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
