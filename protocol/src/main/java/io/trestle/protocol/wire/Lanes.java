package io.trestle.protocol.wire;

import io.vertx.core.Vertx;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** The event loops of one bridge. */
public final class Lanes {
  private final List<Lane> lanes;
  private final AtomicInteger next = new AtomicInteger();

  /** So many lanes; more than event loops would share. */
  public Lanes(Vertx vertx, int count) {
    this.lanes = Stream.generate(() -> Lane.create(vertx)).limit(count).toList();
  }

  /** All of them. */
  public List<Lane> all() {
    return lanes;
  }

  /** The lane of the calling thread, so that work begun there need not hop; else the next one. */
  public Lane pick() {
    for (Lane lane : lanes) {
      if (lane.current()) {
        return lane;
      }
    }
    return lanes.get(Math.floorMod(next.getAndIncrement(), lanes.size()));
  }
}
