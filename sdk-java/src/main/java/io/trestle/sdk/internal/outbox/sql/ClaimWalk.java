package io.trestle.sdk.internal.outbox.sql;

import io.trestle.sdk.internal.outbox.core.BatchChoice;
import io.trestle.sdk.internal.outbox.core.Candidate;
import io.trestle.sdk.internal.outbox.core.ClaimedEvent;
import io.trestle.sdk.internal.outbox.core.LaneCursor;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;

/**
 * Finds the rows of the next request. What may be sent is the first pending row of each lane, and
 * every row without lane. The walk looks at the lanes window by window, beginning where it ended
 * last time; in each window it chooses what fits into a request, and tries to take it. What another
 * relay has cannot be taken; then the next choice is tried, of the same window and of those that
 * follow, until something is taken or all lanes were looked at.
 *
 * <p>A row that cannot be read is parked as if it had been refused, or it would stop its lane for
 * ever. A pass that took nothing but parked something is made again: behind the parked row there
 * may be another.
 */
final class ClaimWalk {
  private final ClaimRows rows;
  private final LaneCursor cursor = new LaneCursor();

  ClaimWalk(ClaimRows rows) {
    this.rows = rows;
  }

  /** Empty if there is nothing to send. */
  List<ClaimedEvent> next(Connection connection) throws SQLException {
    while (true) {
      Taken taken = pass(connection);
      if (!taken.events().isEmpty() || taken.parked() == 0) {
        return taken.events(); // what is parked beside them is written with their settlement
      }
      rows.parkedOnly(connection);
    }
  }

  private Taken pass(Connection connection) throws SQLException {
    List<Candidate> free = rows.free(connection);
    int parked = 0;
    boolean more = true;
    cursor.begin();
    while (more) {
      LaneWindow window = window(connection);
      more = cursor.advance(window.lanes(), window.last());
      Taken taken = first(connection, new BatchChoice(window.with(free)));
      parked += taken.parked();
      if (!taken.events().isEmpty()) {
        return taken;
      }
    }
    return new Taken(List.of(), parked);
  }

  private LaneWindow window(Connection connection) throws SQLException {
    try (PreparedStatement peek = rows.window(connection, cursor.after());
        ResultSet row = peek.executeQuery()) {
      return LaneWindow.read(row);
    }
  }

  /** The first choice of which something can be taken. */
  private Taken first(Connection connection, BatchChoice choice) throws SQLException {
    int parked = 0;
    for (List<Long> chosen = choice.next(); !chosen.isEmpty(); chosen = choice.next()) {
      Taken taken = rows.take(connection, chosen);
      parked += taken.parked();
      if (!taken.events().isEmpty()) {
        return taken;
      }
    }
    return new Taken(List.of(), parked);
  }
}
