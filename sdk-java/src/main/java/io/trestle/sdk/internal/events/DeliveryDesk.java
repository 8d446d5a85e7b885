package io.trestle.sdk.internal.events;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where deliveries get a place and their turn (events.md 6.4, 1 to 3). Pure; on one lane.
 *
 * <p>A place is taken when a delivery arrives and given back when it is answered, or when its
 * handlers have ended although nobody waits for the answer any more: what counts is work under way.
 * Deliveries of one partition key have their turns one after another; one that waits behind another
 * has its place already, so that the two bounds are one.
 */
final class DeliveryDesk {
  private final int places;
  private final Map<String, Turns> lanes = new HashMap<>();
  private int taken;
  private boolean closed;
  private @Nullable Runnable onIdle;

  DeliveryDesk(int places) {
    this.places = places;
  }

  /** What became of a delivery. */
  enum Entry {
    /** It has a place; its turn has come or will come. */
    TAKEN,
    /** There is no place. */
    FULL,
    /** Nothing new is taken. */
    CLOSED
  }

  /** Takes a delivery; whatever runs ends with {@link #leave}. */
  Entry enter(String partitionKey, Runnable turn) {
    if (closed) {
      return Entry.CLOSED;
    }
    if (taken == places) {
      return Entry.FULL;
    }
    taken++;
    if (partitionKey.isEmpty()) {
      turn.run();
    } else {
      lanes.computeIfAbsent(partitionKey, key -> new Turns(1)).enter(turn);
    }
    return Entry.TAKEN;
  }

  /** A delivery is done with. */
  void leave(String partitionKey) {
    taken--;
    Turns lane = partitionKey.isEmpty() ? null : lanes.get(partitionKey);
    if (lane != null) {
      lane.leave();
      if (lane.idle()) {
        lanes.remove(partitionKey, lane);
      }
    }
    tellIfIdle();
  }

  /** How many have a place. */
  int taken() {
    return taken;
  }

  /** Takes nothing new; the action runs when nothing is under way any more. */
  void close(Runnable whenIdle) {
    closed = true;
    onIdle = whenIdle;
    tellIfIdle();
  }

  private void tellIfIdle() {
    Runnable action = onIdle;
    if (action != null && taken == 0) {
      onIdle = null;
      action.run();
    }
  }
}
