package io.trestle.events;

import io.trestle.events.core.Positions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the row of a consumer says it has finished, as far as that can be believed. */
final class StoredPositions {
  private static final Logger LOG = LoggerFactory.getLogger(StoredPositions.class);

  private StoredPositions() {}

  /** What cannot be read, since it was edited by hand, is delivered again rather than lost. */
  static Positions of(ConsumerStore.Consumer consumer, long head) {
    ConsumerStore.Progress progress = consumer.progress();
    long floor = Math.min(progress.floor(), head);
    if (floor < progress.floor()) {
      LOG.warn(
          "floor ignored, it is behind the end of the log: it was edited by hand"
              + " consumer={} service={} floor={} head={}",
          consumer.number(),
          consumer.owner(),
          progress.floor(),
          head);
    }
    try {
      return Positions.parse(floor, progress.finished());
    } catch (IllegalArgumentException e) {
      LOG.warn(
          "finished positions ignored, they were edited by hand: what they said is delivered again"
              + " consumer={} service={} reason={}",
          consumer.number(),
          consumer.owner(),
          e.getMessage());
      return new Positions(floor);
    }
  }
}
