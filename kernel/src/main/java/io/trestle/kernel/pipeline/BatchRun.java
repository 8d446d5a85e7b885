package io.trestle.kernel.pipeline;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.pgclient.PgConnection;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One attempt to commit one batch on one connection. A batch of one statement, which is what few
 * writers make, is one flight: BEGIN, fence, statement and COMMIT are sent without waiting. Any
 * other batch is two: everything up to the last statement; then COMMIT, once all of it succeeded.
 *
 * <p>Why COMMIT of several statements waits: the client checks parameters itself and may refuse a
 * statement that the server then never sees; a COMMIT already on its way would commit the rest.
 * With a single statement there is no rest. That the transaction <em>was committed</em> is what the
 * command tag of COMMIT would say, but vertx-pg-client keeps only the row count of a tag. Instead
 * the batch leaves a mark in a session setting, which PostgreSQL reverts when it rolls back, and
 * the message that carries COMMIT reads the mark: the new one means committed, anything else does
 * not.
 */
final class BatchRun {

  /** Waits for takers of an epoch and for a ghost: an older attempt of this lane, still running. */
  private static final String BEGIN =
      "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;"
          + " SELECT pg_advisory_xact_lock_shared(%d, %d), pg_advisory_xact_lock(%d, %d)";

  /** Divides by zero when the epoch is stale. Served by the key of kernels and that of epoch. */
  private static final String FENCE_AND_MARK =
      "SELECT set_config('trestle.batch', $3::text, false), 1 / (SELECT count(*) FROM kernels"
          + " WHERE id = $1::uuid AND epoch = $2::int8"
          + " AND epoch = (SELECT max(epoch) FROM kernels))";

  private static final String COMMIT_AND_READ_MARK =
      "COMMIT; SELECT current_setting('trestle.batch', true)";

  private static final int FENCE_STATEMENT = 1;
  private static final int LOCKS_PER_KERNEL = 1 << 2;
  private static final String DIVISION_BY_ZERO = "22012";

  private final PgConnection connection;
  private final List<BatchPlan.Statement> statements;
  private final String mark;
  private final Promise<Outcome> outcome = Promise.promise();
  private @Nullable Future<RowSet<Row>> commit;

  private BatchRun(PgConnection connection, List<BatchPlan.Statement> statements, String mark) {
    this.connection = connection;
    this.statements = statements;
    this.mark = mark;
  }

  /** Sends the batch; {@code mark} differs from every other mark of this database. */
  static BatchRun start(
      PgConnection connection, Lane lane, Fence fence, List<Unit> units, String mark) {
    BatchRun run = new BatchRun(connection, BatchPlan.of(units), mark);
    try {
      run.sendStatements(begin(lane, fence), fence);
    } catch (RuntimeException e) {
      run.abandon("cannot send: " + e);
    }
    return run;
  }

  /** How it ended; always succeeds. */
  Future<Outcome> outcome() {
    return outcome.future();
  }

  List<BatchPlan.Statement> statements() {
    return statements;
  }

  /** Stops waiting for answers; nothing more is sent. */
  void abandon(String reason) {
    outcome.tryComplete(new Outcome.Lost(commit != null, reason));
  }

  private static String begin(Lane lane, Fence fence) {
    int kernel = Math.floorMod(fence.kernelId().hashCode(), Integer.MAX_VALUE / LOCKS_PER_KERNEL);
    return BEGIN.formatted(
        Fence.LOCK_CLASS,
        Fence.LOCK_ID,
        Fence.LOCK_CLASS,
        kernel * LOCKS_PER_KERNEL + lane.lockNumber());
  }

  private void sendStatements(String begin, Fence fence) {
    List<Future<?>> flight = new ArrayList<>(statements.size() + 2);
    flight.add(connection.query(begin).execute());
    flight.add(
        connection
            .preparedQuery(FENCE_AND_MARK)
            .execute(Tuple.of(fence.kernelId(), fence.epoch(), mark)));
    for (BatchPlan.Statement statement : statements) {
      StatementKind<?> kind = statement.kind();
      flight.add(connection.preparedQuery(kind.sql()).execute(kind.arrays(statement.rows())));
    }
    if (statements.size() == 1) {
      sendCommit();
    }
    Future.join(flight).onComplete(done -> statementsAnswered(flight));
  }

  private void statementsAnswered(List<Future<?>> flight) {
    if (outcome.future().isComplete()) {
      return;
    }
    for (int i = 0; i < flight.size(); i++) {
      Throwable cause = flight.get(i).cause();
      if (cause != null) {
        rollback(judge(i, cause));
        return;
      }
    }
    Future<RowSet<Row>> sent = commit == null ? sendCommit() : commit;
    sent.onSuccess(answer -> outcome.tryComplete(checkMark(answer)))
        .onFailure(cause -> outcome.tryComplete(outcomeOf("commit", cause)));
  }

  private Future<RowSet<Row>> sendCommit() {
    commit = connection.query(COMMIT_AND_READ_MARK).execute();
    return commit;
  }

  /** The first failure counts: those after it only say that the transaction is aborted. */
  private Outcome judge(int index, Throwable cause) {
    if (index == FENCE_STATEMENT && DIVISION_BY_ZERO.equals(sqlState(cause))) {
      return new Outcome.Stale();
    }
    int statement = index - FENCE_STATEMENT - 1;
    return outcomeOf(statement < 0 ? "begin" : statements.get(statement).kind().name(), cause);
  }

  private void rollback(Outcome verdict) {
    if (verdict instanceof Outcome.Lost) {
      outcome.tryComplete(verdict);
      return;
    }
    // COMMIT of a failed transaction rolls it back, so one that is under way needs no ROLLBACK;
    // a connection that fails here shows itself with the next batch
    Future<RowSet<Row>> end = commit == null ? connection.query("ROLLBACK").execute() : commit;
    end.onComplete(done -> outcome.tryComplete(verdict));
  }

  private Outcome checkMark(RowSet<Row> commit) {
    RowSet<Row> select = commit.next();
    if (select != null && mark.equals(select.iterator().next().getString(0))) {
      return new Outcome.Committed();
    }
    return new Outcome.Lost(true, "COMMIT answered, but the transaction was rolled back");
  }

  private Outcome outcomeOf(String statement, Throwable cause) {
    String sqlState = sqlState(cause);
    if (sqlState == null) {
      return new Outcome.Lost(commit != null, "statement=" + statement + " error=" + cause);
    }
    String constraint = ((PgException) cause).getConstraint();
    return Outcome.ofSqlState(statement, sqlState, constraint, commit != null);
  }

  private static @Nullable String sqlState(Throwable cause) {
    return cause instanceof PgException error ? error.getSqlState() : null;
  }
}
