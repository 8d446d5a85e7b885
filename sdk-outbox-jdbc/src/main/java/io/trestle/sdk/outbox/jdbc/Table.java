package io.trestle.sdk.outbox.jdbc;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/** The table of an outbox with its indexes, by the resource {@code postgresql.sql}. */
final class Table {
  private Table() {}

  /** Makes it unless it is there. */
  static void create(DataSource source, String table) throws SQLException {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement()) {
      for (String made : statements(table, resource())) {
        if (!made.isEmpty()) {
          statement.execute(made);
        }
      }
      if (!connection.getAutoCommit()) {
        connection.commit();
      }
    }
  }

  private static String resource() {
    try (InputStream in = Table.class.getResourceAsStream("postgresql.sql")) {
      if (in == null) {
        throw new IllegalStateException("postgresql.sql is not in the archive");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The statements that make the table; an index has no schema of its own. */
  private static String[] statements(String table, String resource) {
    String name = table.substring(table.indexOf('.') + 1);
    String[] statements = resource.replaceAll("(?m)^--.*$", "").split(";");
    for (int i = 0; i < statements.length; i++) {
      statements[i] =
          statements[i]
              .replaceAll("trestle_outbox_(\\w+)", name + "_$1")
              .replaceAll("\\btrestle_outbox\\b", table)
              .strip();
    }
    return statements;
  }
}
