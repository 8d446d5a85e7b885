package io.trestle.kernel.database;

import io.vertx.core.Future;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

/**
 * Each statement in a transaction of its own, behind the epoch check that every batch of the
 * pipeline makes too. So a kernel whose place was taken commits nothing here either, whatever it
 * still believes; that it does not hold the lock at this moment is only the quicker refusal.
 */
final class FencedWrites implements DirectWrites {
  private static final String STALE = "TR001";

  /** READ COMMITTED whatever the default of the server: the fence relies on it. */
  private static final String FENCE =
      "SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE; SELECT kernel_fence('%s', %d)";

  private final Pool pool;
  private final LeaderLock lock;
  private final BooleanSupplier available;

  FencedWrites(Pool pool, LeaderLock lock, BooleanSupplier available) {
    this.pool = pool;
    this.lock = lock;
    this.available = available;
  }

  @Override
  public Future<RowSet<Row>> write(String sql, Tuple parameters, Duration within) {
    KernelInfo kernel = lock.kernel();
    if (kernel == null || !lock.held() || !available.getAsBoolean()) {
      return Future.failedFuture(
          away("this kernel may not write now: the database is away or its lock is lost"));
    }
    AtomicBoolean late = new AtomicBoolean();
    return pool.withTransaction(
            c -> fenced(c, kernel.id(), sql, parameters).compose(rows -> inTime(rows, late)))
        .timeout(within.toMillis(), TimeUnit.MILLISECONDS)
        .recover(
            failure -> {
              late.set(true);
              return Future.failedFuture(translated(failure));
            });
  }

  private Future<RowSet<Row>> fenced(SqlConnection c, UUID kernel, String sql, Tuple parameters) {
    return c.query(FENCE.formatted(kernel, lock.epoch()))
        .execute()
        .compose(fenced -> c.preparedQuery(sql).execute(parameters));
  }

  /** Whoever asked was told that it did not happen in time: then it had better not happen. */
  private static Future<RowSet<Row>> inTime(RowSet<Row> rows, AtomicBoolean late) {
    return late.get()
        ? Future.failedFuture(away("too late, rolled back"))
        : Future.succeededFuture(rows);
  }

  private Throwable translated(Throwable failure) {
    if (failure instanceof PgException refused && STALE.equals(refused.getSqlState())) {
      lock.foundStale();
      return away("another kernel has taken over this database");
    }
    return failure;
  }

  private static DatabaseFailure away(String message) {
    return new DatabaseFailure(DatabaseFailure.Kind.AWAY, message);
  }
}
