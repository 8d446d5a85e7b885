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
  private @Nullable Set<Integer> skipped;

  Arrival(Logged event, List<Target> targets) {
    this.event = event;
    this.targets = targets;
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
