package io.trestle.events;

import io.trestle.events.core.FanOut.Target;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** An event that was given its place, and who gets it. Thread: the owner's event loop. */
final class Arrival {
  private final Logged event;
  private final List<Target> targets;
  private final boolean fresh;
  private @Nullable Set<Integer> skipped;

  Arrival(Logged event, List<Target> targets) {
    this(event, targets, true);
  }

  private Arrival(Logged event, List<Target> targets, boolean fresh) {
    this.event = event;
    this.targets = targets;
    this.fresh = fresh;
  }

  /** A dead letter that is handed out again, not a new event. */
  static Arrival replayed(Logged event, Target target) {
    return new Arrival(event, List.of(target), false);
  }

  /** Whether it was published now. */
  boolean fresh() {
    return fresh;
  }

  Logged event() {
    return event;
  }

  List<Target> targets() {
    return targets;
  }

  /** This consumer gets a dead letter instead. */
  void skip(int consumer) {
    if (skipped == null) {
      skipped = new HashSet<>();
    }
    skipped.add(consumer);
  }

  boolean skips(int consumer) {
    return skipped != null && skipped.contains(consumer);
  }
}
