package io.trestle.sdk.internal.outbox.core;

/** What is to be done with a row after it was sent. Doing it twice is doing it once. */
public sealed interface RowOutcome {
  /** The row. */
  long row();

  /** The runtime has the event: the row goes. */
  record Delivered(long row) implements RowOutcome {}

  /** The runtime refuses it: it is kept for a person. */
  record Parked(long row, int attempts, String error) implements RowOutcome {}

  /** Not decided: again after a pause. */
  record Rearmed(long row, int attempts, long pauseMillis, String error) implements RowOutcome {}
}
