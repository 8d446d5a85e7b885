package io.trestle.cli;

import io.trestle.kernel.TestPostgres;
import io.trestle.kernel.database.DatabaseOptions;
import io.trestle.kernel.database.Dsn;
import io.trestle.kernel.database.EmbeddedDatabase;
import io.trestle.kernel.database.EmbeddedOptions;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnectOptions;
import java.nio.file.Path;

/** The PostgreSQL that a program left behind, started again to look into it. */
record LeftDatabase(Vertx vertx, EmbeddedDatabase server, Dsn dsn) implements AutoCloseable {

  /** That of this state directory. */
  static LeftDatabase of(Path state) {
    Vertx vertx = Vertx.vertx();
    EmbeddedDatabase server = new EmbeddedDatabase(vertx, EmbeddedOptions.in(state));
    Dsn dsn =
        server.start(DatabaseOptions.standard()).toCompletionStage().toCompletableFuture().join();
    return new LeftDatabase(vertx, server, dsn);
  }

  /** The number that a query of one row gives. */
  long count(String database, String sql) {
    PgConnectOptions options = new PgConnectOptions(dsn.connectOptions()).setDatabase(database);
    return Long.parseLong(String.valueOf(TestPostgres.query(options, sql).get(0).get(0)));
  }

  @Override
  public void close() {
    server.stop().toCompletionStage().toCompletableFuture().join();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }
}
