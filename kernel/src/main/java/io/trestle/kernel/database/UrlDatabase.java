package io.trestle.kernel.database;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
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
   * Connects once. {@code prefer} is decided here for the whole run, and a server without TLS is
   * known before the client asks it for some.
   */
  private Future<Dsn> reach() {
    if (dsn.sslMode() == SslMode.DISABLE) {
      return tryWith(dsn);
    }
    Future<Boolean> offer = TlsOffer.of(vertx, dsn.host(), dsn.port(), dsn.sslOptions());
    return dsn.sslMode() == SslMode.PREFER
        ? offer.recover(UrlDatabase::noHandshake).compose(this::preferred)
        : offer.compose(tls -> tls ? tryWith(dsn) : Future.failedFuture(noTls()));
  }

  private static Future<Boolean> noHandshake(Throwable e) {
    if (!ConnectRetry.isDistrust(e)) {
      return Future.failedFuture(e);
    }
    LOG.warn("database without TLS, as sslmode=prefer allows reason={}", ConnectRetry.reason(e));
    return Future.succeededFuture(false);
  }

  private Future<Dsn> preferred(boolean tls) {
    return tryWith(dsn.withSslMode(tls ? SslMode.REQUIRE : SslMode.DISABLE));
  }

  private DatabaseFailure noTls() {
    return new DatabaseFailure(
        DatabaseFailure.Kind.REFUSED,
        "%s has no TLS, and sslmode=%s asks for it; switch it on at the server, or say prefer"
            .formatted(dsn.masked(), dsn.sslMode().value));
  }

  private Future<Dsn> tryWith(Dsn candidate) {
    return Connections.open(vertx, candidate.connectOptions())
        .compose(connection -> connection.close().map(candidate));
  }
}
