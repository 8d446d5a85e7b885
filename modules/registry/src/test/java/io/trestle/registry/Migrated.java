package io.trestle.registry;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trestle.kernel.TestPostgres;
import io.trestle.kernel.database.Database;
import io.trestle.kernel.database.DatabaseOptions;
import io.trestle.kernel.database.Dsn;
import io.trestle.kernel.database.MigrationSet;
import io.trestle.kernel.database.UrlDatabase;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnectOptions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A database with the tables of the kernel, pki and registry. */
final class Migrated {
  private Migrated() {}

  static PgConnectOptions database() {
    PgConnectOptions place = TestPostgres.newDatabase();
    Vertx vertx = Vertx.vertx();
    await(
        Database.open(
                vertx,
                new SimpleMeterRegistry(),
                new UrlDatabase(vertx, Dsn.parse(dsn(place))),
                DatabaseOptions.standard())
            .compose(database -> database.migrate(sets()).eventually(database::close))
            .eventually(vertx::close));
    return place;
  }

  private static List<MigrationSet> sets() {
    ClassLoader loader = Migrated.class.getClassLoader();
    return List.of(
        MigrationSet.kernel(),
        new MigrationSet("pki", loader),
        new MigrationSet("registry", loader));
  }

  private static String dsn(PgConnectOptions place) {
    return "postgres://%s:%s@%s:%d/%s?sslmode=disable"
        .formatted(
            place.getUser(),
            place.getPassword(),
            place.getHost(),
            place.getPort(),
            place.getDatabase());
  }

  static <T> T await(Future<T> future) {
    try {
      return future.await(60, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError("no answer in 20 s", e);
    }
  }
}
