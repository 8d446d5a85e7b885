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
 * One attempt to commit one batch on one connection, in one of two ways.
 *
 * <p><b>Alone.</b> A batch of one statement, which is what few writers make, is sent as that one
 * statement, with the fence in its select list and without BEGIN and COMMIT: PostgreSQL commits a
 * lone statement at its end and answers afterwards. One message each way.
 *
 * <p><b>Two flights.</b> Several statements are sent together behind BEGIN and the fence; COMMIT
 * follows once all of them succeeded. The client checks parameters itself and may refuse a
 * statement that the server then never sees; a COMMIT already on its way would commit the rest.
 * That the transaction <em>was committed</em> is what the command tag of COMMIT would say, but
 * vertx-pg-client keeps only the row count of a tag. Instead the batch leaves a mark in a session
 * setting, which PostgreSQL reverts when it rolls back, and the message that carries COMMIT reads
 * the mark: the new one means committed, anything else does not.
 *
 * <p>The first batch of a connection always takes two flights and takes the lane as well: it waits
 * for a ghost (an attempt of an earlier connection that still runs) and writes down which
 * connection ({@link Line}) writes from now on. A ghost that arrives later finds itself superseded.
 */
final class BatchRun {

  private static final String BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

  /** Waits for a ghost that runs. */
  private static final String BEGIN_FIRST = BEGIN + "; SELECT pg_advisory_xact_lock(%d, %d)";

  /** Does nothing for a kernel that has no row; the fence says so. */
  private static final String TAKE_LANE =
      "INSERT INTO pipeline_lines (kernel, lock, line)"
          + " SELECT id, $2::int4, $3::int8 FROM kernels WHERE id = $1"
          + " ON CONFLICT (kernel, lock) DO UPDATE SET line = excluded.line";

  private static final String FENCE_AND_MARK =
      "SELECT set_config('trestle.batch', $1::text, false), pipeline_fence($2, $3, $4, $5)";

  private static final String COMMIT_AND_READ_MARK =
      "COMMIT; SELECT current_setting('trestle.batch', true)";

  private final PgConnection connection;
  private final List<BatchPlan.Statement> statements;
  private final boolean lost;
  private final String mark;
  private final Promise<Outcome> outcome = Promise.promise();
  private @Nullable Future<RowSet<Row>> commit;

  private BatchRun(PgConnection connection, List<Unit> units, String mark) {
    this.connection = connection;
    this.statements = BatchPlan.of(units);
    this.lost = units.stream().anyMatch(Unit::sent);
    this.mark = mark;
  }

  /** Sends the batch; {@code mark} differs from every other mark of this database. */
  static BatchRun start(PgConnection connection, Line line, List<Unit> units, String mark) {
    BatchRun run = new BatchRun(connection, units, mark);
    try {
      if (line.taken() && run.carriesItsFence()) {
        run.sendAlone(line);
      } else {
        run.sendStatements(line);
      }
    } catch (RuntimeException e) {
      run.abandon("cannot send: " + e);
    }
    return run;
  }

  private boolean carriesItsFence() {
    return statements.size() == 1 && !statements.get(0).kind().text(lost).fenced().isEmpty();
  }

  /** How it ended; always succeeds. */
  Future<Outcome> outcome() {
    return outcome.future();
  }

  List<BatchPlan.Statement> statements() {
    return statements;
  }

  /** Whether COMMIT, or a statement that commits itself, was sent. */
  boolean commitSent() {
    return commit != null;
  }

  /** Stops waiting for answers; nothing more is sent. */
  void abandon(String reason) {
    outcome.tryComplete(new Outcome.Lost(commit != null, reason));
  }

  private void sendAlone(Line line) {
    BatchPlan.Statement statement = statements.get(0);
    StatementKind<?> kind = statement.kind();
    Tuple arguments = line.addTo(kind.arrays(statement.rows()));
    commit = connection.preparedQuery(kind.text(lost).fenced()).execute(arguments);
    commit
        .onSuccess(answer -> outcome.tryComplete(new Outcome.Committed()))
        .onFailure(cause -> outcome.tryComplete(outcomeOf(kind.name(), cause)));
  }

  private void sendStatements(Line line) {
    List<Future<?>> flight = new ArrayList<>(statements.size() + 3);
    if (line.taken()) {
      flight.add(connection.query(BEGIN).execute());
    } else {
      String begin = BEGIN_FIRST.formatted(Fence.LOCK_CLASS, line.lock());
      flight.add(connection.query(begin).execute());
      flight.add(connection.preparedQuery(TAKE_LANE).execute(line.row()));
    }
    flight.add(
        connection.preparedQuery(FENCE_AND_MARK).execute(line.addTo(Tuple.tuple().addValue(mark))));
    int before = flight.size();
    for (BatchPlan.Statement statement : statements) {
      StatementKind<?> kind = statement.kind();
      String sql = kind.text(lost).plain();
      flight.add(connection.preparedQuery(sql).execute(kind.arrays(statement.rows())));
    }
    Future.join(flight).onComplete(done -> statementsAnswered(flight, before));
  }

  private void statementsAnswered(List<Future<?>> flight, int before) {
    if (outcome.future().isComplete()) {
      return;
    }
    // the first failure counts: those after it only say that the transaction is aborted
    for (int i = 0; i < flight.size(); i++) {
      Throwable cause = flight.get(i).cause();
      if (cause != null) {
        rollback(i < before ? unbegun(cause) : outcomeOf(nameOf(i - before), cause));
        return;
      }
    }
    commit = connection.query(COMMIT_AND_READ_MARK).execute();
    commit
        .onSuccess(answer -> outcome.tryComplete(checkMark(answer)))
        .onFailure(cause -> outcome.tryComplete(outcomeOf("commit", cause)));
  }

  /** What fails before the first statement says nothing about the rows. */
  private Outcome unbegun(Throwable cause) {
    Outcome verdict = outcomeOf("begin", cause);
    return verdict instanceof Outcome.RowFault fault
        ? new Outcome.Lost(false, fault.toString())
        : verdict;
  }

  private String nameOf(int statement) {
    return statements.get(statement).kind().name();
  }

  private void rollback(Outcome verdict) {
    if (verdict instanceof Outcome.Lost) {
      outcome.tryComplete(verdict);
      return;
    }
    // a connection that fails here shows itself with the next batch
    connection.query("ROLLBACK").execute().onComplete(done -> outcome.tryComplete(verdict));
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
