package io.trestle.sdk.internal.outbox.sql;

import io.trestle.sdk.internal.outbox.core.Candidate;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;

/** The rows of a store, within the transaction of a connection, as {@link ClaimWalk} wants them. */
interface ClaimRows {

  /** Rows without lane, if the window does not show them; once in a pass. */
  List<Candidate> free(Connection connection) throws SQLException;

  /**
   * Prepares the window of lanes after one: number, lane, bytes, whether it is due, last lane of
   * the window; in the order in which they are to be sent.
   */
  PreparedStatement window(Connection connection, String after) throws SQLException;

  /** Takes those of the rows that nobody else has. */
  Taken take(Connection connection, List<Long> rows) throws SQLException;

  /** A pass parked rows and took none; what follows is another pass. */
  void parkedOnly(Connection connection) throws SQLException;
}
