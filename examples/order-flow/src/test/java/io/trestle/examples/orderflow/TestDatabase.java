package io.trestle.examples.orderflow;

import io.trestle.testing.TestKernel;
import java.net.URI;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;

/** A new database on a real PostgreSQL, as a service is told of it. */
public final class TestDatabase {
  private TestDatabase() {}

  /** Makes one. */
  public static Connections create() {
    URI place = URI.create(TestKernel.newDatabase());
    String[] user = place.getUserInfo().split(":", 2);
    return Connections.of(
        Environment.of(
            Map.of(
                Environment.DATABASE_URL,
                "jdbc:postgresql://%s:%d%s"
                    .formatted(place.getHost(), place.getPort(), place.getPath()),
                Environment.DATABASE_USER,
                user[0],
                Environment.DATABASE_PASSWORD,
                user.length > 1 ? user[1] : "none")));
  }

  /** A number from it. */
  public static long number(Connections database, String sql) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getLong(1);
    }
  }
}
