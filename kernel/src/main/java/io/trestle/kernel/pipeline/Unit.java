package io.trestle.kernel.pipeline;

/** A write on its way: its place in the order, its deadline, and what became of its attempts. */
class Unit {

  private final Write write;
  private long sequence;
  private long acceptedAt;
  private long deadline;
  private boolean sent;
  private boolean inDoubt;

  Unit(Write write) {
    this.write = write;
  }

  final void accept(long place, long now, long patience) {
    sequence = place;
    acceptedAt = now;
    deadline = now + patience;
  }

  final Write write() {
    return write;
  }

  final long sequence() {
    return sequence;
  }

  final long acceptedAt() {
    return acceptedAt;
  }

  final long deadline() {
    return deadline;
  }

  /** An attempt with this unit was lost. */
  final void lost(boolean commitSent) {
    sent = true;
    inDoubt |= commitSent;
  }

  /** Some attempt was lost, at whatever point. */
  final boolean sent() {
    return sent;
  }

  /** Some attempt was lost after its COMMIT had been sent: the unit may be in the database. */
  final boolean inDoubt() {
    return inDoubt;
  }
}
