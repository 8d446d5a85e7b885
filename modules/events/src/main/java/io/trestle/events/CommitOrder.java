package io.trestle.events;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;

/**
 * Passes on what was committed in the order of the log. Writes may end in another order (a write
 * that is refused is tried in halves while others go on), and one whose outcome is unknown ends
 * when somebody has looked. Whoever reads the log up to {@link #head} therefore misses nothing, and
 * deliveries of a lane are created in the order of their positions.
 */
final class CommitOrder {
  private final Deque<Write> writes = new ArrayDeque<>();
  private final Consumer<Arrival> committed;
  private long head;

  /**
   * Begins behind a position.
   *
   * @param committed takes each event, in order
   */
  CommitOrder(long head, Consumer<Arrival> committed) {
    this.head = head;
    this.committed = committed;
  }

  /** One write under way. */
  final class Write {
    private List<Arrival> arrivals;
    private boolean decided;

    private Write(List<Arrival> arrivals) {
      this.arrivals = arrivals;
    }

    /** All of it is committed. */
    void committed() {
      decided = true;
      advance();
    }

    /** None of it is, and never will be. */
    void failed() {
      committed(List.of());
    }

    /** This much of it is. */
    void committed(List<Arrival> some) {
      arrivals = some;
      committed();
    }
  }

  /** A write that was handed over; those after it wait for its end. */
  Write begin(List<Arrival> arrivals) {
    Write write = new Write(arrivals);
    writes.add(write);
    return write;
  }

  /** Every position up to here is decided and was passed on. */
  long head() {
    return head;
  }

  /** Writes that are not decided. */
  int waiting() {
    return writes.size();
  }

  private void advance() {
    while (!writes.isEmpty() && writes.peek().decided) {
      for (Arrival arrival : writes.remove().arrivals) {
        head = arrival.event().position();
        committed.accept(arrival);
      }
    }
  }
}
