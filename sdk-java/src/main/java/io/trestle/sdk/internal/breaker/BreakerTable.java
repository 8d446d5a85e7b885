package io.trestle.sdk.internal.breaker;

import static io.trestle.sdk.internal.breaker.BreakerState.CLOSED;
import static io.trestle.sdk.internal.breaker.BreakerState.HALF_OPEN;
import static io.trestle.sdk.internal.breaker.BreakerState.OPEN;
import static io.trestle.sdk.internal.breaker.BreakerState.PROBING;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A circuit breaker as one table. Of the rows for a state and an event the first counts. */
final class BreakerTable {
  private static final List<Row> ROWS = new ArrayList<>();
  private static final Map<BreakerState, Map<Event, List<Row>>> INDEX =
      new EnumMap<>(BreakerState.class);

  private BreakerTable() {}

  /** What happens to a breaker. */
  enum Event {
    /** Somebody asks whether the instance may be called. */
    LOOK,
    /** A call has chosen the instance. */
    CLAIM,
    /** A call that is not the probe has ended and was counted. */
    OUTCOME,
    PROBE_ANSWERED,
    PROBE_FAILED,
    /** The probe ended without saying anything. */
    PROBE_LOST
  }

  /** What must hold. */
  enum Guard {
    ALWAYS("always"),
    MOSTLY_FAILURES("of at least 10 outcomes in the last 10 s more than half are failures"),
    PAUSE_OVER("it has been open for 30 s"),
    UNUSED("nobody has looked at it, called, or heard of a call for 60 s");

    private final String meaning;

    Guard(String meaning) {
      this.meaning = meaning;
    }

    String meaning() {
      return meaning;
    }
  }

  /** What is done. */
  enum Step {
    /** The pause begins. */
    START_PAUSE,
    /** What was counted is forgotten. */
    EMPTY_WINDOW,
    /** The call gets the number by which its outcome is known. */
    NUMBER_PROBE
  }

  /** One row. */
  record Row(
      BreakerState state, Event event, Guard guard, BreakerState next, @Nullable Step step) {}

  static {
    row(CLOSED, Event.OUTCOME, Guard.MOSTLY_FAILURES, OPEN, Step.START_PAUSE);

    row(OPEN, Event.LOOK, Guard.UNUSED, CLOSED, Step.EMPTY_WINDOW);
    row(OPEN, Event.LOOK, Guard.PAUSE_OVER, HALF_OPEN, null);

    row(HALF_OPEN, Event.LOOK, Guard.UNUSED, CLOSED, Step.EMPTY_WINDOW);
    row(HALF_OPEN, Event.CLAIM, Guard.ALWAYS, PROBING, Step.NUMBER_PROBE);

    row(PROBING, Event.LOOK, Guard.UNUSED, CLOSED, Step.EMPTY_WINDOW);
    row(PROBING, Event.PROBE_ANSWERED, Guard.ALWAYS, CLOSED, Step.EMPTY_WINDOW);
    row(PROBING, Event.PROBE_FAILED, Guard.ALWAYS, OPEN, Step.START_PAUSE);
    row(PROBING, Event.PROBE_LOST, Guard.ALWAYS, HALF_OPEN, null);
  }

  static List<Row> rows() {
    return List.copyOf(ROWS);
  }

  static List<Row> rows(BreakerState state, Event event) {
    return INDEX.getOrDefault(state, Map.of()).getOrDefault(event, List.of());
  }

  private static void row(
      BreakerState state, Event event, Guard guard, BreakerState next, @Nullable Step step) {
    Row row = new Row(state, event, guard, next, step);
    ROWS.add(row);
    INDEX
        .computeIfAbsent(state, s -> new EnumMap<>(Event.class))
        .computeIfAbsent(event, e -> new ArrayList<>())
        .add(row);
  }
}
