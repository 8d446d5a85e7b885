package io.trestle.kernel.pipeline;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/** How one attempt to commit a batch ended. */
sealed interface Outcome {
  /** Data exception, integrity constraint violation, program limit exceeded. */
  Set<String> ROW_FAULTS = Set.of("22", "23", "54");

  /** Raised by {@code pipeline_fence}: the epoch is not the highest. */
  String STALE = "TR001";

  /** Raised by {@code pipeline_fence}: a newer connection of the same lane writes. */
  String SUPERSEDED = "TR002";

  /** Every statement succeeded and the transaction is committed. */
  record Committed() implements Outcome {}

  /** A row was refused (class 22, 23, 54): rolled back, and again whenever that row is sent. */
  record RowFault(String statement, String sqlState, @Nullable String constraint)
      implements Outcome {}

  /** Other transactions were in the way (class 40): rolled back, worth another try. */
  record Conflict(String statement, String sqlState) implements Outcome {}

  /** The writer's epoch is stale: rolled back. */
  record Stale() implements Outcome {}

  /**
   * No answer, or one that says nothing about the rows.
   *
   * @param commitSent whether COMMIT had been sent, so that the batch may be committed
   */
  record Lost(boolean commitSent, String reason) implements Outcome {}

  /**
   * What an error of PostgreSQL means for the batch.
   *
   * <p>Class 54 (a value too large for an index, JSON nested too deeply) is as much a fault of the
   * row as 22 and 23: sent again, it is refused again, and nothing behind it would ever be written.
   * Class 42 (a table or a right that is missing) is not: it meets every row of its kind and ends
   * when somebody mends the schema; 53 and 57 tell of the server.
   *
   * @param statement what was running, for people
   */
  static Outcome ofSqlState(
      String statement, String sqlState, @Nullable String constraint, boolean commitSent) {
    if (sqlState.equals(STALE)) {
      return new Stale();
    }
    if (sqlState.equals(SUPERSEDED)) {
      return new Lost(false, "another connection has taken this lane");
    }
    if (ROW_FAULTS.contains(sqlState.substring(0, Math.min(2, sqlState.length())))) {
      return new RowFault(statement, sqlState, constraint);
    }
    // 40003 is statement_completion_unknown: the one member of the class that promises no rollback
    if (sqlState.startsWith("40") && !sqlState.equals("40003")) {
      return new Conflict(statement, sqlState);
    }
    return new Lost(commitSent, "statement=" + statement + " sqlstate=" + sqlState);
  }
}
