package io.trestle.kernel.database;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgException;
import io.vertx.pgclient.SslMode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A PostgreSQL that somebody else runs, named by a DSN. */
public final class UrlDatabase implements DatabaseProvider {
  private static final Logger LOG = LoggerFactory.getLogger(UrlDatabase.class);

  private final Vertx vertx;
  private final Dsn dsn;
  private volatile boolean cancelled;

  /** A provider for a parsed DSN. */
  public UrlDatabase(Vertx vertx, Dsn dsn) {
    this.vertx = vertx;
    this.dsn = dsn;
  }

  @Override
  public Future<Dsn> start(DatabaseOptions options) {
    dsn.warnings().forEach(warning -> LOG.warn("database URL: {}", warning));
    return new ConnectRetry(vertx, options, dsn.masked(), this::isCancelled).until(this::reach);
  }

  @Override
  public void cancel() {
    cancelled = true;
  }

  @Override
  public boolean isCancelled() {
    return cancelled;
  }

  @Override
  public Future<Void> stop() {
    return Future.succeededFuture();
  }

  /**
   * Connects once. {@code prefer} is decided here for the whole run: the client would decide it
   * anew for each connection, and a server without TLS would then be left with one half-open socket
   * each time.
   */
  private Future<Dsn> reach() {
    if (dsn.sslMode() != SslMode.PREFER) {
      return tryWith(dsn);
    }
    return tryWith(dsn.withSslMode(SslMode.REQUIRE))
        .recover(
            e ->
                e instanceof PgException
                    ? Future.failedFuture(e)
                    : tryWith(dsn.withSslMode(SslMode.DISABLE)));
  }

  private Future<Dsn> tryWith(Dsn candidate) {
    return Connections.open(vertx, candidate.connectOptions())
        .compose(connection -> connection.close().map(candidate));
  }
}
