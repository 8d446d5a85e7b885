package io.trestle.kernel;

import io.vertx.pgclient.PgConnectOptions;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One real PostgreSQL 18 for all tests of the JVM, fsync on; each test class takes a database of
 * its own. The server starts at first use and ends with the JVM.
 */
public final class TestPostgres {

  private static final AtomicInteger NEXT = new AtomicInteger();
  private static @Nullable EmbeddedPostgres server;

  private TestPostgres() {}

  /** Creates an empty database and returns how to connect to it. */
  public static PgConnectOptions newDatabase() {
    return make("");
  }

  /** Creates a database with what is in another, to which nobody may be connected. */
  public static PgConnectOptions copyOf(PgConnectOptions template) {
    return make(" TEMPLATE " + template.getDatabase());
  }

  private static PgConnectOptions make(String template) {
    String name = "test_" + NEXT.incrementAndGet();
    execute(options("postgres"), "CREATE DATABASE " + name + template);
    return options(name);
  }

  /** Creates an empty database and runs {@code statements} in it. */
  public static PgConnectOptions newDatabase(String... statements) {
    PgConnectOptions database = newDatabase();
    execute(database, statements);
    return database;
  }

  /** Runs statements over JDBC, each in its own transaction. */
  public static void execute(PgConnectOptions database, String... statements) {
    try (Connection connection = jdbc(database);
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Runs a query over JDBC; a row is its columns as text, null for NULL. */
  public static List<List<@Nullable String>> query(PgConnectOptions database, String sql) {
    try (Connection connection = jdbc(database);
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      List<List<@Nullable String>> rows = new ArrayList<>();
      while (result.next()) {
        List<@Nullable String> row = new ArrayList<>();
        for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
          row.add(result.getString(i));
        }
        rows.add(row);
      }
      return rows;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A JDBC connection to one of these databases; the caller closes it. */
  public static Connection jdbc(PgConnectOptions database) throws SQLException {
    return DriverManager.getConnection(
        "jdbc:postgresql://%s:%d/%s"
            .formatted(database.getHost(), database.getPort(), database.getDatabase()),
        database.getUser(),
        database.getPassword());
  }

  private static PgConnectOptions options(String database) {
    return new PgConnectOptions()
        .setHost("127.0.0.1")
        .setPort(server().getPort())
        .setUser("postgres")
        .setPassword("postgres")
        .setDatabase(database);
  }

  private static synchronized EmbeddedPostgres server() {
    EmbeddedPostgres running = server;
    if (running == null) {
      running = start();
      server = running;
    }
    return running;
  }

  private static EmbeddedPostgres start() {
    try {
      return EmbeddedPostgres.builder()
          .setServerConfig("fsync", "on")
          .setServerConfig("full_page_writes", "on")
          .setServerConfig("synchronous_commit", "on")
          .setServerConfig("max_connections", "200")
          .setServerConfig("shared_buffers", "32MB")
          .setPGStartupWait(Duration.ofSeconds(30))
          .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
