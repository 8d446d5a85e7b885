package io.trestle.cli;

import io.trestle.kernel.TestPostgres;
import io.vertx.pgclient.PgConnectOptions;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A database on the PostgreSQL of this JVM. */
final class TestDatabase {
  /** Made once: copying it takes a tenth of migrating. */
  private static final class Schema {
    private static final PgConnectOptions DATABASE = make();

    private static PgConnectOptions make() {
      TestDatabase database = new TestDatabase();
      SourceKernel.migrate(database);
      return database.options;
    }
  }

  private final PgConnectOptions options;

  private TestDatabase(PgConnectOptions options) {
    this.options = options;
  }

  /** An empty database. */
  TestDatabase() {
    this(TestPostgres.newDatabase());
  }

  /** A database as {@code -migrate} leaves it, for what has nothing to do with the schema. */
  static TestDatabase migrated() {
    return new TestDatabase(TestPostgres.copyOf(Schema.DATABASE));
  }

  /** DSN with the pool that the official harness asks for. */
  String url() {
    return url(port());
  }

  /** The same through another port. */
  String url(int port) {
    return url(port, 8);
  }

  String url(int port, int connections) {
    return "postgres://%s:%s@127.0.0.1:%d/%s?sslmode=disable&pool_max_conns=%d"
        .formatted(
            options.getUser(), options.getPassword(), port, options.getDatabase(), connections);
  }

  int port() {
    return options.getPort();
  }

  String name() {
    return options.getDatabase();
  }

  void execute(String... statements) {
    TestPostgres.execute(options, statements);
  }

  List<List<@Nullable String>> query(String sql) {
    return TestPostgres.query(options, sql);
  }

  /** The only value of a query. */
  String value(String sql) {
    return String.valueOf(query(sql).get(0).get(0));
  }

  PgConnectOptions options() {
    return options;
  }
}
