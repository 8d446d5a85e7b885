package io.trestle.rpc;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trestle.kernel.TestPostgres;
import io.trestle.kernel.database.Database;
import io.trestle.kernel.database.DatabaseOptions;
import io.trestle.kernel.database.DirectWrites;
import io.trestle.kernel.database.Dsn;
import io.trestle.kernel.database.MigrationSet;
import io.trestle.kernel.database.UrlDatabase;
import io.trestle.kernel.pipeline.ConnectionSource;
import io.trestle.kernel.pipeline.Fence;
import io.trestle.kernel.pipeline.PipelineOptions;
import io.trestle.kernel.pipeline.WritePipeline;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.Pool;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A database with the tables of the kernel and of this module, and a pipeline into it. */
final class RpcDatabase implements AutoCloseable {
  static final UUID KERNEL = UUID.randomUUID();

  private final PgConnectOptions place = TestPostgres.newDatabase();
  private final Vertx vertx = Vertx.vertx();
  private final Pool pool;
  private final WritePipeline pipeline;

  RpcDatabase() {
    await(
        Database.open(
                vertx,
                new SimpleMeterRegistry(),
                new UrlDatabase(vertx, Dsn.parse(dsn(place))),
                DatabaseOptions.standard())
            .compose(database -> database.migrate(sets()).eventually(database::close)));
    TestPostgres.execute(
        place,
        "INSERT INTO kernels (id, epoch, pid, host) VALUES ('" + KERNEL + "', 1, 1, 'test')");
    pool = PgBuilder.pool().connectingTo(place).using(vertx).build();
    pipeline =
        await(
            WritePipeline.start(
                vertx,
                ConnectionSource.of(vertx, place),
                new Fence(KERNEL, 1),
                PipelineOptions.defaults(),
                new SimpleMeterRegistry()));
  }

  private static List<MigrationSet> sets() {
    return List.of(
        MigrationSet.kernel(), new MigrationSet("rpc", RpcDatabase.class.getClassLoader()));
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

  RpcStore store() {
    return new RpcStore(pool, DirectWrites.unfenced(pool), pipeline);
  }

  Vertx vertx() {
    return vertx;
  }

  PgConnectOptions place() {
    return place;
  }

  List<String> query(String sql) {
    return TestPostgres.query(place, sql).stream().map(Object::toString).toList();
  }

  void execute(String sql) {
    TestPostgres.execute(place, sql);
  }

  @Override
  public void close() {
    await(pipeline.close());
    await(pool.close());
    await(vertx.close());
  }

  static <T> T await(Future<T> future) {
    try {
      return future.await(60, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError("no answer in 20 s", e);
    }
  }
}
