package io.trestle.kernel.database;

import io.netty.handler.ssl.SslHandshakeTimeoutException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connecting at start (foundation.md 1.4): tries again for 60 s and says so every 5 s. What the
 * server itself refuses for good (SQLSTATE classes 28 and 3D) ends it at once, and so does a
 * certificate that is not trusted; 57P03 "is starting up", 53300 "too many connections" and silence
 * do not.
 */
final class ConnectRetry {
  private static final Logger LOG = LoggerFactory.getLogger(ConnectRetry.class);

  private final Vertx vertx;
  private final DatabaseOptions options;
  private final String target;
  private final BooleanSupplier cancelled;
  private final Backoff backoff;
  private final long startNanos = System.nanoTime();
  private long saidNanos = startNanos;

  ConnectRetry(Vertx vertx, DatabaseOptions options, String target, BooleanSupplier cancelled) {
    this.vertx = vertx;
    this.options = options;
    this.target = target;
    this.cancelled = cancelled;
    this.backoff =
        new Backoff(
            options.backoffFirst().toMillis(), Math.min(1_000, options.sayEvery().toMillis()));
  }

  <T> Future<T> until(Supplier<Future<T>> attempt) {
    Promise<T> result = Promise.promise();
    attempt(attempt, result);
    return result.future();
  }

  private <T> void attempt(Supplier<Future<T>> attempt, Promise<T> result) {
    attempt
        .get()
        .onComplete(
            result::complete,
            e -> {
              if (e instanceof DatabaseFailure || isRefusal(e)) {
                result.fail(e instanceof DatabaseFailure ? e : refused(e));
              } else if (cancelled.getAsBoolean()) {
                result.fail(
                    new DatabaseFailure(
                        DatabaseFailure.Kind.CANCELLED, "the start was cancelled", e));
              } else if (elapsedMillis(startNanos) >= options.connectFor().toMillis()) {
                result.fail(unreachable(e));
              } else {
                say(e);
                vertx.setTimer(backoff.next(), id -> attempt(attempt, result));
              }
            });
  }

  /**
   * Classes 28 (who you are) and 3D (which database): another attempt gives the same answer. The
   * client throws an IllegalArgumentException when a password is asked for and there is none.
   */
  private static boolean isRefusal(Throwable e) {
    return e instanceof IllegalArgumentException
        || isDistrust(e)
        || sqlState(e).startsWith("28")
        || sqlState(e).startsWith("3D");
  }

  /** Whether it is about TLS: another attempt gives the same answer. */
  static boolean isDistrust(Throwable e) {
    Throwable cause = e.getCause();
    return (e instanceof SSLException && !(e instanceof SslHandshakeTimeoutException))
        || (cause != null && isDistrust(cause));
  }

  private static String sqlState(Throwable e) {
    return e instanceof PgException pg ? String.valueOf(pg.getSqlState()) : "";
  }

  private DatabaseFailure refused(Throwable e) {
    return new DatabaseFailure(
        DatabaseFailure.Kind.REFUSED,
        "%s refuses: %s; %s".formatted(target, reason(e), advice(e)),
        e);
  }

  private static String advice(Throwable e) {
    if (isDistrust(e)) {
      return "check sslmode, sslrootcert and the certificate of the server";
    }
    return sqlState(e).startsWith("3D")
        ? "create the database"
        : "check user, password and pg_hba.conf";
  }

  private DatabaseFailure unreachable(Throwable e) {
    return new DatabaseFailure(
        DatabaseFailure.Kind.UNREACHABLE,
        "%s did not answer for %d s: %s; start PostgreSQL or correct the DSN"
            .formatted(target, options.connectFor().toSeconds(), reason(e)),
        e);
  }

  private void say(Throwable e) {
    if (elapsedMillis(saidNanos) < options.sayEvery().toMillis()) {
      return;
    }
    saidNanos = System.nanoTime();
    String line =
        "waiting for the database: target=%s waited_s=%d of=%d reason=%s"
            .formatted(
                target,
                elapsedMillis(startNanos) / 1_000,
                options.connectFor().toSeconds(),
                reason(e));
    LOG.warn("{}", line);
    options.progress().accept(line);
  }

  static String reason(Throwable e) {
    Throwable cause = e.getCause();
    if (isDistrust(e) && cause != null && cause.getMessage() != null) {
      return reason(cause); // what stands above it says no more than that it failed
    }
    return Dsn.mask(String.valueOf(e.getMessage()));
  }

  private static long elapsedMillis(long sinceNanos) {
    return (System.nanoTime() - sinceNanos) / 1_000_000;
  }
}
