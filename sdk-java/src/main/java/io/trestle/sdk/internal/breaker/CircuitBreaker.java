package io.trestle.sdk.internal.breaker;

import io.trestle.sdk.internal.breaker.BreakerTable.Event;
import io.trestle.sdk.internal.breaker.BreakerTable.Guard;
import io.trestle.sdk.internal.breaker.BreakerTable.Row;
import io.trestle.sdk.internal.breaker.BreakerTable.Step;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The circuit breaker of one instance in one process (rpc.md 4.4). Any thread.
 *
 * <p><b>State.</b> A {@link BreakerState} that moves by {@link BreakerTable}, the {@link
 * OutcomeWindow} of direct calls, the moment it opened, the moment it was last used, and the number
 * of the last probe. Time is given with every question, as nanoseconds of one monotonic clock: a
 * wall clock that is set back would keep an instance out of use.
 *
 * <p><b>Use.</b> {@link #admits} for every candidate, {@link #claim} for the one that won, {@link
 * #settle} once for each claim. Looking and claiming are two steps because a half-open breaker has
 * one place: were it taken by looking, candidates that are not chosen would keep it. Somebody else
 * may be faster between the two; the claim then says so and the caller chooses again.
 *
 * <p><b>Whose outcome counts.</b> A probe has a number, and only the outcome with the number of the
 * present probe moves a half-open breaker. Calls that began before the breaker opened end when they
 * like, and say how the instance was then. They are counted and move nothing.
 *
 * <p><b>Cost.</b> A closed breaker is one volatile read to look at, and one compare-and-set plus
 * ten reads per outcome. The lock is for the other states, in which few calls are made.
 *
 * <p><b>Forgetting.</b> A closed breaker forgets by itself, as the window moves on. One that is not
 * closed and that nobody has used for 60 s is closed at the next look: what it knows is too old to
 * hold a call back. When the instance leaves the registry its breaker goes with it.
 */
public final class CircuitBreaker {
  /** A claim that failed: another call took the only place. */
  public static final long REFUSED = -1;

  /** The claim of a call that is no probe. */
  public static final long ORDINARY = 0;

  static final int LEAST_OUTCOMES = 10;
  static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(30);
  static final long UNUSED_NANOS = TimeUnit.SECONDS.toNanos(60);

  private final Listener listener;
  private final OutcomeWindow window = new OutcomeWindow();
  private volatile BreakerState state = BreakerState.CLOSED;
  private long opened;
  private long used;
  private long probe;

  /** Hears of changes. */
  @FunctionalInterface
  public interface Listener {
    /** The state has changed; called outside the lock. */
    void changed(BreakerState from, BreakerState to);
  }

  /** A closed one. */
  public CircuitBreaker(Listener listener) {
    this.listener = listener;
  }

  /** The state at the last event. */
  public BreakerState state() {
    return state;
  }

  /** Whether the instance may be called. */
  public boolean admits(long nanos) {
    if (state == BreakerState.CLOSED) {
      return true;
    }
    BreakerState now = fire(Event.LOOK, nanos);
    return now == BreakerState.CLOSED || now == BreakerState.HALF_OPEN;
  }

  /** A call goes to the instance: the number of the probe it is, {@link #ORDINARY} or refused. */
  public long claim(long nanos) {
    if (state == BreakerState.CLOSED) {
      return ORDINARY;
    }
    synchronized (this) {
      if (state == BreakerState.CLOSED) {
        return ORDINARY;
      }
      return move(Event.CLAIM, nanos) ? probe : REFUSED;
    }
  }

  /** A call that was claimed has ended. */
  public void settle(long claim, Outcome outcome, long nanos) {
    if (outcome != Outcome.UNKNOWN) {
      window.add(outcome == Outcome.FAILED, nanos);
    } else if (claim == ORDINARY) {
      return;
    }
    boolean quiet = state == BreakerState.CLOSED && !holds(Guard.MOSTLY_FAILURES, nanos);
    if (!quiet) {
      settleLocked(claim, outcome, nanos);
    }
  }

  private void settleLocked(long claim, Outcome outcome, long nanos) {
    BreakerState before;
    BreakerState after;
    synchronized (this) {
      before = state;
      boolean deciding = before == BreakerState.PROBING && claim == probe;
      move(deciding ? ofProbe(outcome) : Event.OUTCOME, nanos);
      after = state;
    }
    tell(before, after);
  }

  private static Event ofProbe(Outcome outcome) {
    return switch (outcome) {
      case ANSWERED -> Event.PROBE_ANSWERED;
      case FAILED -> Event.PROBE_FAILED;
      case UNKNOWN -> Event.PROBE_LOST;
    };
  }

  private BreakerState fire(Event event, long nanos) {
    BreakerState before;
    BreakerState after;
    synchronized (this) {
      before = state;
      move(event, nanos);
      after = state;
    }
    tell(before, after);
    return after;
  }

  private void tell(BreakerState before, BreakerState after) {
    if (before != after) {
      listener.changed(before, after);
    }
  }

  /** Whether a row was found. */
  private boolean move(Event event, long nanos) {
    List<Row> rows = BreakerTable.rows(state, event);
    for (int i = 0; i < rows.size(); i++) {
      Row row = rows.get(i);
      if (holds(row.guard(), nanos)) {
        perform(row.step(), nanos);
        used = nanos;
        state = row.next();
        return true;
      }
    }
    used = nanos;
    return false;
  }

  private boolean holds(Guard guard, long nanos) {
    return switch (guard) {
      case ALWAYS -> true;
      case MOSTLY_FAILURES -> window.trips(nanos, LEAST_OUTCOMES);
      case PAUSE_OVER -> nanos - opened >= PAUSE_NANOS;
      case UNUSED -> nanos - used >= UNUSED_NANOS;
    };
  }

  private void perform(@Nullable Step step, long nanos) {
    if (step == null) {
      return;
    }
    switch (step) {
      case START_PAUSE -> opened = nanos;
      case EMPTY_WINDOW -> window.clear();
      case NUMBER_PROBE -> probe++;
    }
  }
}
