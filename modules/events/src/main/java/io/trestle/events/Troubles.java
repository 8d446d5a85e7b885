package io.trestle.events;

import io.trestle.events.ConsumerStore.Troubled;
import io.trestle.kernel.pipeline.WritePipeline;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stores the states of deliveries in trouble, the latest of each, again and again until it is
 * stored. One write of a delivery is under way at a time, so an older state never replaces a newer.
 */
final class Troubles {
  private static final Logger LOG = LoggerFactory.getLogger(Troubles.class);

  private final WritePipeline pipeline;
  private final Consumer<Runnable> later;
  private final Map<Place, Troubled> latest = new HashMap<>();

  /**
   * Nothing to store yet.
   *
   * @param later runs something after a pause, on the owner's event loop
   */
  Troubles(WritePipeline pipeline, Consumer<Runnable> later) {
    this.pipeline = pipeline;
    this.later = later;
  }

  private record Place(int consumer, long position) {}

  void keep(Troubled row) {
    Place place = new Place(row.consumer(), row.position());
    if (latest.put(place, row) == null) {
      write(place, row);
    }
  }

  /** How many are not stored. */
  int waiting() {
    return latest.size();
  }

  private void write(Place place, Troubled row) {
    pipeline
        .submit(ConsumerStore.KEEP_TROUBLE, row)
        .onComplete(
            done -> {
              if (done.failed()) {
                LOG.debug("trouble not stored yet place={} reason={}", place, done.cause());
                later.accept(() -> again(place));
              } else if (!latest.remove(place, row)) {
                again(place);
              }
            });
  }

  private void again(Place place) {
    Troubled row = latest.get(place);
    if (row != null) {
      write(place, row);
    }
  }
}
