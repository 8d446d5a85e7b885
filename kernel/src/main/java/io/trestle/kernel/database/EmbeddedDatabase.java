package io.trestle.kernel.database;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnection;
import io.vertx.pgclient.PgException;
import io.vertx.pgclient.SslMode;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A PostgreSQL of our own in the state directory (foundation.md 2.2 and 2.3): durable, loopback
 * only, with a generated password, kept between runs. If the server dies while the kernel runs, it
 * is started again; the kernel sees that as a database that went away and came back.
 */
public final class EmbeddedDatabase implements DatabaseProvider {
  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedDatabase.class);
  private static final String USER = "postgres";
  private static final String DATABASE = "trestle";
  private static final long WATCH_MILLIS = 500;

  private final Vertx vertx;
  private final EmbeddedOptions options;
  private final EmbeddedServer server;
  private long watchTimer = -1;
  private volatile boolean stopping;
  private volatile boolean watching;

  /** A provider for one directory. */
  public EmbeddedDatabase(Vertx vertx, EmbeddedOptions options) {
    this.vertx = vertx;
    this.options = options;
    this.server = new EmbeddedServer(options, USER);
  }

  @Override
  public Future<Dsn> start(DatabaseOptions times) {
    return vertx
        .executeBlocking(() -> server.start(times.lockWait(), times.progress()), false)
        .recover(e -> Future.failedFuture(wrap(e)))
        .map(this::dsn)
        .compose(dsn -> ensureDatabase(dsn, times).map(dsn))
        .onSuccess(dsn -> watchTimer = vertx.setPeriodic(WATCH_MILLIS, id -> watch()));
  }

  @Override
  public void cancel() {
    server.cancel();
  }

  @Override
  public boolean isCancelled() {
    return server.isCancelled();
  }

  @Override
  public Future<Void> stop() {
    stopping = true;
    vertx.cancelTimer(watchTimer);
    return vertx
        .<Void>executeBlocking(
            () -> {
              server.stop();
              return null;
            },
            false)
        .recover(
            e -> {
              LOG.warn("stopping the embedded PostgreSQL failed", e);
              return Future.succeededFuture();
            });
  }

  /** For tests: what a kill -9 of the kernel leaves behind. */
  void abandon() throws IOException {
    stopping = true;
    vertx.cancelTimer(watchTimer);
    server.abandon();
  }

  private Dsn dsn(EmbeddedServer.Address address) {
    return new Dsn(
        USER,
        address.password(),
        "127.0.0.1",
        address.port(),
        DATABASE,
        SslMode.DISABLE,
        null,
        options.maxConnections(),
        Map.of("application_name", "trestle"),
        List.of());
  }

  /** Creates our database once; a kill between initdb and here is thereby harmless too. */
  private Future<Void> ensureDatabase(Dsn dsn, DatabaseOptions times) {
    return new ConnectRetry(vertx, times, dsn.masked(), this::isCancelled)
        .until(
            () ->
                Connections.open(vertx, dsn.connectOptions())
                    .compose(PgConnection::close)
                    .recover(e -> isMissing(e) ? create(dsn) : Future.failedFuture(e)));
  }

  private static boolean isMissing(Throwable e) {
    return e instanceof PgException pg && "3D000".equals(pg.getSqlState());
  }

  private Future<Void> create(Dsn dsn) {
    return Connections.open(vertx, dsn.withDatabase("postgres").connectOptions())
        .compose(
            connection ->
                connection
                    .query("CREATE DATABASE " + DATABASE)
                    .execute()
                    .eventually(connection::close)
                    .mapEmpty());
  }

  private void watch() {
    if (watching || stopping) {
      return;
    }
    watching = true;
    vertx
        .<Void>executeBlocking(
            () -> {
              if (!stopping && !server.isAlive()) {
                LOG.warn("the embedded PostgreSQL died, starting it again");
                server.restart();
              }
              return null;
            },
            false)
        .onFailure(e -> LOG.error("starting the embedded PostgreSQL again failed", e))
        .onComplete(done -> watching = false);
  }

  private static Throwable wrap(Throwable e) {
    return e instanceof IOException
        ? new DatabaseFailure(
            DatabaseFailure.Kind.EMBEDDED, "embedded PostgreSQL: " + e.getMessage(), e)
        : e;
  }
}
