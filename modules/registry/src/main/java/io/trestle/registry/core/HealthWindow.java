package io.trestle.registry.core;

import java.util.ArrayDeque;

/**
 * Judges the health of one instance from the outcomes of proxied calls (rpc.md 1.6 rule 3).
 *
 * <p>State: the outcomes of the last 10 s in slots of one second, the start of the current
 * unhealthy window and the time of the last failure. An instance becomes unhealthy with at least 5
 * outcomes of which more than half failed. It heals on the first success after that, or 30 s after
 * the last failure. SDKs ignore a stamp older than 60 s, so when failures go on past 30 s a new
 * window with a new stamp begins.
 */
final class HealthWindow {
  static final long WINDOW_MILLIS = 10_000;
  static final long HEALING_MILLIS = 30_000;
  static final int MIN_OUTCOMES = 5;

  private final ArrayDeque<Slot> slots = new ArrayDeque<>();
  private long since;
  private long lastFailure;

  private record Slot(long second, int successes, int failures) {}

  /** Start of the current unhealthy window in Unix milliseconds; 0 = healthy. */
  long since() {
    return since;
  }

  /** When {@link #heal} may change something; 0 = never. */
  long healsAt() {
    return since == 0 ? 0 : lastFailure + HEALING_MILLIS;
  }

  /** Takes outcomes; true when {@link #since} changed. */
  boolean record(int successes, int failures, long now) {
    long before = since;
    add(successes, failures, now);
    if (since != 0 && successes > 0) {
      reset();
    } else if (failures > 0) {
      lastFailure = now;
      if (since == 0 ? failing() : now - since >= HEALING_MILLIS) {
        since = now;
      }
    }
    return since != before;
  }

  /** Heals an instance without failures for 30 s; true when {@link #since} changed. */
  boolean heal(long now) {
    if (since == 0 || now < healsAt()) {
      return false;
    }
    reset();
    return true;
  }

  /** Seconds that are kept: what a test sees of forgetting. */
  int slots() {
    return slots.size();
  }

  private void reset() {
    since = 0;
    slots.clear();
  }

  private void add(int successes, int failures, long now) {
    while (!slots.isEmpty() && (slots.peekFirst().second() + 1) * 1000 <= now - WINDOW_MILLIS) {
      slots.removeFirst();
    }
    long second = now / 1000;
    Slot last = slots.peekLast();
    if (last != null && last.second() == second) {
      slots.removeLast();
      slots.addLast(new Slot(second, last.successes() + successes, last.failures() + failures));
    } else {
      slots.addLast(new Slot(second, successes, failures));
    }
  }

  private boolean failing() {
    int failures = slots.stream().mapToInt(Slot::failures).sum();
    int outcomes = failures + slots.stream().mapToInt(Slot::successes).sum();
    return outcomes >= MIN_OUTCOMES && failures * 2 > outcomes;
  }
}
