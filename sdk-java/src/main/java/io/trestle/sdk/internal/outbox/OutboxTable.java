package io.trestle.sdk.internal.outbox;

import io.trestle.sdk.internal.outbox.core.ClaimedEvent;
import io.trestle.sdk.internal.outbox.core.RowOutcome;
import java.sql.SQLException;
import java.util.List;

/** The rows of an outbox, as its relay sees them. On the thread of the relay; blocks. */
public interface OutboxTable {

  /**
   * Rows of one request, which nobody else sends until they are settled.
   *
   * @param events at most one of a lane; empty if there is nothing to send now
   * @param dueInMillis if empty: when to look again, as {@code RelayPlan} has it
   */
  record Claim(List<ClaimedEvent> events, long dueInMillis) {}

  /** Claims the rows of the next request. */
  Claim claim() throws SQLException;

  /** Settles all rows of the last claim in one transaction. Repeated until it succeeds. */
  void settle(List<RowOutcome> outcomes) throws SQLException;

  /** Gives the rows of the last claim back: there was no answer. Repeated until it succeeds. */
  void giveBack(List<ClaimedEvent> events, String why) throws SQLException;

  /** The relay is going to wait, or to end: nothing is claimed, so nothing need be held. */
  void release();

  /** A session has begun: what waits for its next attempt is due now. */
  void rearm() throws SQLException;
}
