package io.trestle.testing;

import java.net.URI;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * SQL on the database of a kernel and beside it, as operators and suites write it. Every statement
 * has a connection of its own. Blocking.
 */
public final class Sql {
  private final URI server;
  private final String database;

  private Sql(URI server, String database) {
    this.server = server;
    this.database = database;
  }

  /** On the database of a DSN. */
  public static Sql on(String dsn) {
    URI uri = URI.create(dsn);
    return new Sql(uri, uri.getPath().substring(1));
  }

  /** Name of the database. */
  public String database() {
    return database;
  }

  /** The same server, another database. */
  public Sql elsewhere(String other) {
    return new Sql(server, other);
  }

  /** Executes a statement and returns how many rows it changed. */
  public int update(String sql, Object... parameters) {
    try (Connection connection = connect();
        PreparedStatement statement = prepare(connection, sql, parameters)) {
      statement.execute();
      return Math.max(0, statement.getUpdateCount());
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  /** The first column of every row, none of which may be null there. */
  public <T> List<T> column(Class<T> type, String sql, Object... parameters) {
    try (Connection connection = connect();
        PreparedStatement statement = prepare(connection, sql, parameters);
        ResultSet rows = statement.executeQuery()) {
      List<T> values = new ArrayList<>();
      while (rows.next()) {
        values.add(rows.getObject(1, type));
      }
      return values;
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  /** Bytes of the only row. */
  public byte[] bytes(String sql, Object... parameters) {
    List<byte[]> values = column(byte[].class, sql, parameters);
    if (values.size() != 1) {
      throw new IllegalStateException(values.size() + " rows (expected: 1): " + sql);
    }
    return values.get(0);
  }

  /** A count. */
  public long count(String sql, Object... parameters) {
    return column(Long.class, sql, parameters).get(0);
  }

  /** A connection, for transactions and locks; the caller closes it. */
  public Connection connect() throws SQLException {
    String[] user = server.getUserInfo().split(":", 2);
    String url =
        "jdbc:postgresql://%s:%d/%s".formatted(server.getHost(), server.getPort(), database);
    return DriverManager.getConnection(url, user[0], user[1]);
  }

  private static PreparedStatement prepare(Connection connection, String sql, Object... parameters)
      throws SQLException {
    PreparedStatement statement = connection.prepareStatement(sql);
    for (int i = 0; i < parameters.length; i++) {
      statement.setObject(i + 1, parameters[i]);
    }
    return statement;
  }
}
