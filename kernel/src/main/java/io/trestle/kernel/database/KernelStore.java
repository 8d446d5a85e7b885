package io.trestle.kernel.database;

import io.trestle.kernel.pipeline.Fence;
import io.vertx.core.Future;
import io.vertx.pgclient.PgConnection;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * The SQL of table {@code kernels} and of the session locks. All locks are advisory with two keys:
 * {@code (hashtext('trestle'), hashtext(name))} for the locks that exist once in a database, {@code
 * (hashtext('trestle.kernel'), epoch)} for "the kernel of this epoch is alive". The second one is
 * what makes liveness and "who holds it" questions about {@code pg_locks}, not about clocks.
 */
final class KernelStore {
  static final String LEADER = "trestle.leader";
  static final String SCHEMA = "trestle.schema";

  private static final String TRY_LOCK =
      "SELECT pg_try_advisory_lock(hashtext('trestle'), hashtext($1)) AS done";
  private static final String UNLOCK =
      "SELECT pg_advisory_unlock(hashtext('trestle'), hashtext($1)) AS done";

  /** A key of this session only: granted at once. */
  private static final String LOCK_EPOCH =
      "SELECT pg_advisory_lock(hashtext('trestle.kernel'), $1::int4)";

  /**
   * Unique index on {@code epoch} serves the maximum. Run under the leader lock; the lock of the
   * fence makes batches that were checked against the old epoch finish first.
   */
  private static final String REGISTER =
      """
      WITH fence AS MATERIALIZED (SELECT pg_advisory_xact_lock(%d, %d))
      INSERT INTO kernels (id, epoch, pid, host)
      SELECT $1, COALESCE((SELECT max(epoch) FROM kernels), 0) + 1, $2, $3 FROM fence
      RETURNING epoch
      """
          .formatted(Fence.LOCK_CLASS, Fence.LOCK_ID);

  private static final String MAX_EPOCH = "SELECT max(epoch) AS epoch FROM kernels";

  /** Primary key. */
  private static final String HEARTBEAT = "UPDATE kernels SET seen_at = now() WHERE id = $1";

  /** Few rows, one a start. A kernel is live while some session holds the lock of its epoch. */
  private static final String LIVE =
      """
      SELECT k.id FROM kernels k WHERE EXISTS (
        SELECT FROM pg_locks l
        WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
          AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND l.classid = hashtext('trestle.kernel')::oid AND l.objid::int8 = k.epoch)
      """;

  private static final String HOLDER_SESSION =
      """
      SELECT l.pid AS backend, a.backend_start, host(a.client_addr) AS client,
             (SELECT m.objid::int8 FROM pg_locks m
              WHERE m.pid = l.pid AND m.locktype = 'advisory' AND m.granted AND m.objsubid = 2
                AND m.database = l.database AND m.classid = hashtext('trestle.kernel')::oid
              LIMIT 1) AS epoch
      FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
      WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND l.classid = hashtext('trestle')::oid AND l.objid = hashtext($1)::oid
      """;

  /** Unique index on {@code epoch}. */
  private static final String BY_EPOCH =
      "SELECT id, pid, host, started_at FROM kernels WHERE epoch = $1";

  private static final String TERMINATE = "SELECT pg_terminate_backend($1)";

  private KernelStore() {}

  /**
   * The session that holds a lock.
   *
   * @param backend process of PostgreSQL
   * @param epoch the kernel behind it, or -1 while it has none yet
   * @param who for messages
   */
  record Holder(int backend, long epoch, String who) {}

  static Future<Boolean> tryLock(PgConnection connection, String name) {
    return one(connection, TRY_LOCK, Tuple.of(name)).map(row -> row.getBoolean("done"));
  }

  static Future<Void> unlock(PgConnection connection, String name) {
    return one(connection, UNLOCK, Tuple.of(name)).mapEmpty();
  }

  static Future<Void> lockEpoch(PgConnection connection, long epoch) {
    return one(connection, LOCK_EPOCH, Tuple.of((int) epoch)).mapEmpty();
  }

  static Future<Long> register(PgConnection connection, KernelInfo kernel) {
    return one(connection, REGISTER, Tuple.of(kernel.id(), kernel.pid(), kernel.host()))
        .map(row -> row.getLong("epoch"));
  }

  static Future<Long> maxEpoch(PgConnection connection) {
    return one(connection, MAX_EPOCH, Tuple.tuple()).map(row -> row.getLong("epoch"));
  }

  static Future<Void> heartbeat(PgConnection connection, UUID kernel) {
    return connection.preparedQuery(HEARTBEAT).execute(Tuple.of(kernel)).mapEmpty();
  }

  static Future<Set<UUID>> live(PgConnection connection) {
    return connection
        .preparedQuery(LIVE)
        .execute()
        .map(
            rows -> {
              Set<UUID> ids = new HashSet<>();
              rows.forEach(row -> ids.add(row.getUUID("id")));
              return ids;
            });
  }

  static Future<Void> terminate(PgConnection connection, int backend) {
    return one(connection, TERMINATE, Tuple.of(backend)).mapEmpty();
  }

  /** Who holds a lock of this database; empty when it was released meanwhile. */
  static Future<Optional<Holder>> holder(PgConnection connection, String name) {
    return connection
        .preparedQuery(HOLDER_SESSION)
        .execute(Tuple.of(name))
        .compose(
            rows -> {
              if (rows.size() == 0) {
                return Future.succeededFuture(Optional.empty());
              }
              Row session = rows.iterator().next();
              Long epoch = session.getLong("epoch");
              return epoch == null
                  ? Future.succeededFuture(Optional.of(unnamed(session)))
                  : named(connection, session, epoch).map(Optional::of);
            });
  }

  private static Future<Holder> named(PgConnection connection, Row session, long epoch) {
    return connection
        .preparedQuery(BY_EPOCH)
        .execute(Tuple.of(epoch))
        .map(rows -> rows.size() == 0 ? unnamed(session) : named(session, epoch, rows))
        .recover(
            e ->
                e instanceof PgException
                    ? Future.succeededFuture(unnamed(session))
                    : Future.failedFuture(e));
  }

  private static Holder named(Row session, long epoch, RowSet<Row> rows) {
    Row kernel = rows.iterator().next();
    OffsetDateTime started = kernel.getOffsetDateTime("started_at");
    return new Holder(
        session.getInteger("backend"),
        epoch,
        "kernel %s (pid %d on %s, started %s)"
            .formatted(
                kernel.getUUID("id"),
                kernel.getLong("pid"),
                kernel.getString("host"),
                started.toInstant()));
  }

  private static Holder unnamed(Row session) {
    OffsetDateTime since = session.getOffsetDateTime("backend_start");
    return new Holder(
        session.getInteger("backend"),
        -1,
        "a process that is still starting (database session %d from %s, connected since %s)"
            .formatted(
                session.getInteger("backend"),
                session.getString("client"),
                since == null ? "?" : since.toInstant()));
  }

  private static Future<Row> one(PgConnection connection, String sql, Tuple arguments) {
    return connection.preparedQuery(sql).execute(arguments).map(rows -> rows.iterator().next());
  }
}
