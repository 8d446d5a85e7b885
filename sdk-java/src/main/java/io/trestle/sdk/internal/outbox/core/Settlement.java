package io.trestle.sdk.internal.outbox.core;

import io.trestle.sdk.outbox.PublishVerdict;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;

/**
 * What verdicts mean for rows: stored ones go, refused ones are parked, all others are sent again.
 * An answer counts by position; no answer parks nothing, however often (events.md 3.2), and so does
 * one that leaves a gap.
 */
public final class Settlement {
  private Settlement() {}

  /**
   * After an answer.
   *
   * @param verdicts one for each event, in order
   * @param random 0 to 1
   */
  public static List<RowOutcome> of(
      List<ClaimedEvent> sent, List<PublishVerdict> verdicts, DoubleSupplier random) {
    if (sent.size() != verdicts.size()) {
      throw new IllegalArgumentException(
          "verdicts: %d (expected: %d)".formatted(verdicts.size(), sent.size()));
    }
    List<RowOutcome> outcomes = new ArrayList<>(sent.size());
    for (int i = 0; i < sent.size(); i++) {
      outcomes.add(of(sent.get(i), verdicts.get(i), random));
    }
    return outcomes;
  }

  private static RowOutcome of(ClaimedEvent event, PublishVerdict verdict, DoubleSupplier random) {
    if (verdict == null || verdict.status() == null) { // of a courier that breaks its word
      return again(event, "no verdict", random);
    }
    if (verdict.status().stored()) {
      return new RowOutcome.Delivered(event.row());
    }
    String why = verdict.status() + ": " + verdict.message();
    return verdict.status().decided()
        ? new RowOutcome.Parked(event.row(), event.attempts() + 1, why)
        : again(event, why, random);
  }

  /** After a request without answer. */
  public static List<RowOutcome> unanswered(
      List<ClaimedEvent> sent, String why, DoubleSupplier random) {
    return sent.stream().map(event -> again(event, why, random)).toList();
  }

  private static RowOutcome again(ClaimedEvent event, String why, DoubleSupplier random) {
    int attempt = event.attempts() + 1;
    long pause = RetryLadder.pauseMillis(attempt, random.getAsDouble());
    return new RowOutcome.Rearmed(event.row(), attempt, pause, why);
  }
}
