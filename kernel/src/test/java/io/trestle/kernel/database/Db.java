package io.trestle.kernel.database;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trestle.kernel.TestPostgres;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnectOptions;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** What the tests of this package share. */
final class Db {

  private Db() {}

  static DatabaseOptions quick() {
    return new DatabaseOptions(
        false,
        Duration.ofSeconds(60),
        Duration.ofMillis(50),
        Duration.ofMillis(400),
        Duration.ofMillis(100),
        Duration.ofSeconds(5),
        Duration.ofMillis(20),
        Duration.ofMillis(100),
        line -> {});
  }

  static String url(PgConnectOptions options) {
    return "postgres://%s:%s@%s:%d/%s?sslmode=disable"
        .formatted(
            options.getUser(),
            options.getPassword(),
            options.getHost(),
            options.getPort(),
            options.getDatabase());
  }

  static Database open(Vertx vertx, PgConnectOptions place) {
    return open(vertx, url(place));
  }

  static Database open(Vertx vertx, String url) {
    return open(vertx, url, quick());
  }

  static Database open(Vertx vertx, String url, DatabaseOptions options) {
    return await(
        Database.open(
            vertx, new SimpleMeterRegistry(), new UrlDatabase(vertx, Dsn.parse(url)), options));
  }

  static KernelInfo kernel() {
    return new KernelInfo(UUID.randomUUID(), ProcessHandle.current().pid(), "here");
  }

  /** A database that is migrated, and served by us. */
  static Database serving(Vertx vertx, PgConnectOptions place) {
    return serving(vertx, place, quick());
  }

  static Database serving(Vertx vertx, PgConnectOptions place, DatabaseOptions options) {
    Database database = open(vertx, url(place), options);
    await(
        database
            .leaderLock()
            .acquire()
            .compose(v -> database.migrate(List.of(MigrationSet.kernel())))
            .compose(n -> database.leaderLock().register(kernel())));
    return database;
  }

  static <T> T await(Future<T> future) {
    try {
      return future.await(60, TimeUnit.SECONDS);
    } catch (java.util.concurrent.TimeoutException e) {
      throw new AssertionError("no answer in 60 s", e);
    }
  }

  static Throwable failure(Future<?> future) {
    try {
      future.await(60, TimeUnit.SECONDS);
    } catch (Exception e) {
      return e;
    }
    throw new AssertionError("expected a failure");
  }

  /** Ends every session of a database, seen from another one. */
  static void cut(PgConnectOptions place) {
    TestPostgres.query(
        new PgConnectOptions(place).setDatabase("postgres"),
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"
            + place.getDatabase()
            + "'");
  }
}
