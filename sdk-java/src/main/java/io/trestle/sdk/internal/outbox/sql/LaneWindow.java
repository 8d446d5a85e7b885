package io.trestle.sdk.internal.outbox.sql;

import io.trestle.sdk.internal.outbox.core.Candidate;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What a store shows of its lanes at a time.
 *
 * @param candidates in the order in which they are to be sent
 * @param lanes how many lanes it has
 * @param last the last of them
 */
record LaneWindow(List<Candidate> candidates, int lanes, String last) {

  /** Of rows (number, lane, bytes, whether it is due, last lane of the window). */
  static LaneWindow read(ResultSet row) throws SQLException {
    List<Candidate> candidates = new ArrayList<>();
    int lanes = 0;
    String last = "";
    while (row.next()) {
      String lane = row.getString(2);
      candidates.add(new Candidate(row.getLong(1), lane, row.getLong(3), row.getBoolean(4)));
      if (!lane.isEmpty()) {
        lanes++;
        last = row.getString(5);
      }
    }
    return new LaneWindow(candidates, lanes, last);
  }

  /** With rows that were found elsewhere, in the order of their numbers. */
  List<Candidate> with(List<Candidate> others) {
    if (others.isEmpty()) {
      return candidates;
    }
    List<Candidate> all = new ArrayList<>(candidates);
    all.addAll(others);
    all.sort(Comparator.comparingLong(Candidate::row));
    return all;
  }
}
