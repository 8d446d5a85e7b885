package io.trestle.kernel.pipeline;

import org.jspecify.annotations.Nullable;

/** How one attempt to commit a batch ended. */
sealed interface Outcome {

  /** Raised by {@code pipeline_fence}: the epoch is not the highest. */
  String STALE = "TR001";

  /** Raised by {@code pipeline_fence}: a newer connection of the same lane writes. */
  String SUPERSEDED = "TR002";

  /** Every statement succeeded and the transaction is committed. */
  record Committed() implements Outcome {}

  /** A row was refused (class 22, 23): rolled back, and again whenever that row is sent. */
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
    if (sqlState.startsWith("22") || sqlState.startsWith("23")) {
      return new RowFault(statement, sqlState, constraint);
    }
    // 40003 is statement_completion_unknown: the one member of the class that promises no rollback
    if (sqlState.startsWith("40") && !sqlState.equals("40003")) {
      return new Conflict(statement, sqlState);
    }
    return new Lost(commitSent, "statement=" + statement + " sqlstate=" + sqlState);
  }
}
