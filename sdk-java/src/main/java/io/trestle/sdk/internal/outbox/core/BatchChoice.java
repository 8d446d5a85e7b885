package io.trestle.sdk.internal.outbox.core;

import io.trestle.sdk.outbox.EventCourier;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;

/**
 * Chooses what goes into one request: at most 100 events and 4 MiB, in the order given, and at most
 * one of a lane, the first; a lane whose first one has to wait is left out altogether, so nothing
 * overtakes within a lane. A larger event goes alone.
 *
 * <p>Candidates that were tried are gone from the list, so the next choice is another one: a relay
 * whose first choice is locked by another relay goes on from there.
 */
public final class BatchChoice {
  private final List<Candidate> left;
  private final Set<String> lanes = new HashSet<>();

  /** Of candidates in the order in which they are to be sent. */
  public BatchChoice(List<Candidate> candidates) {
    left = new ArrayList<>(candidates);
  }

  /** The rows of the next request; empty when no candidate is left. */
  public List<Long> next() {
    List<Long> chosen = new ArrayList<>();
    long bytes = 0;
    for (Iterator<Candidate> all = left.iterator();
        all.hasNext() && chosen.size() < EventCourier.MAX_EVENTS; ) {
      Candidate candidate = all.next();
      boolean first = candidate.lane().isEmpty() || lanes.add(candidate.lane());
      if (!first || !candidate.due()) {
        all.remove();
      } else if (chosen.isEmpty() || bytes + candidate.bytes() <= EventCourier.MAX_BYTES) {
        bytes += candidate.bytes();
        chosen.add(candidate.row());
        all.remove();
      } else {
        lanes.remove(candidate.lane()); // it goes with the next request
        break;
      }
    }
    return chosen;
  }
}
