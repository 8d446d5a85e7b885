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
 * A database of one service of the example: its own, with an owner of its own, on the server that
 * the demo's kernel runs anyway.
 */
final class ExampleDatabase {
  private static final String ADMIN = "postgres";

  private final String server;
  private final String adminPassword;
  private final String name;
  private final String password = randomPassword();

  private ExampleDatabase(String server, String adminPassword, String name) {
    this.server = server;
    this.adminPassword = adminPassword;
    this.name = name;
  }

  /** Reads a row. */
  @FunctionalInterface
  interface Reader<T> {
    T read(ResultSet row) throws SQLException;
  }

  /**
   * Makes it.
   *
   * @param embedded directory of the embedded PostgreSQL, with its port and password
   * @param name of the database and its owner: lower-case letters and underscores
   */
  static ExampleDatabase create(Path embedded, String name) {
    try {
      String port = Files.readString(embedded.resolve("port")).strip();
      String adminPassword = Files.readString(embedded.resolve("password")).strip();
      ExampleDatabase database =
          new ExampleDatabase("jdbc:postgresql://127.0.0.1:" + port + "/", adminPassword, name);
      database.make();
      return database;
    } catch (IOException | SQLException e) {
      throw new DemoException("database " + name + " cannot be made: " + e.getMessage(), e);
    }
  }

  /** What its service is told. */
  Map<String, String> environment() {
    return Map.of(
        Environment.DATABASE_URL, server + name,
        Environment.DATABASE_USER, name,
        Environment.DATABASE_PASSWORD, password);
  }

  /**
   * Some rows.
   *
   * @param sql with one parameter, which is a list of texts
   */
  <T> List<T> rows(String sql, List<String> texts, Reader<T> reader) {
    try (Connection connection = DriverManager.getConnection(server + name, name, password);
        PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setArray(1, connection.createArrayOf("text", texts.toArray()));
      List<T> rows = new ArrayList<>();
      try (ResultSet found = statement.executeQuery()) {
        while (found.next()) {
          rows.add(reader.read(found));
        }
      }
      return rows;
    } catch (SQLException e) {
      throw new DemoException("database " + name + " cannot be read: " + e.getMessage(), e);
    }
  }

  private void make() throws SQLException {
    try (Connection connection = DriverManager.getConnection(server + ADMIN, ADMIN, adminPassword);
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE ROLE " + name + " LOGIN PASSWORD '" + password + "'");
      statement.execute("CREATE DATABASE " + name + " OWNER " + name);
    }
  }

  /** Digits and letters only, so that it may stand in a statement. */
  private static String randomPassword() {
    byte[] bytes = new byte[24];
    new SecureRandom().nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
