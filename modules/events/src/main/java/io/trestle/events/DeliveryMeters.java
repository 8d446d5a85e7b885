package io.trestle.events;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What is measured of the deliveries of one consumer. Meters are looked up once for each name of an
 * event. Thread: the owner's event loop.
 */
final class DeliveryMeters {
  private final EventMetrics metrics;
  private final Supplier<String> group;
  private final Map<Long, Flight> flights = new HashMap<>();
  private final Map<String, Map<Ending, Counter>> counters = new HashMap<>();
  private @Nullable Timer duration;
  private @Nullable Timer delay;

  /**
   * Nothing yet.
   *
   * @param group label of the consumer, asked at the first delivery
   */
  DeliveryMeters(EventMetrics metrics, Supplier<String> group) {
    this.metrics = metrics;
    this.group = group;
  }

  /** How a hand-out ended. */
  enum Ending {
    /** Acknowledged. */
    SUCCESS("success"),
    /** Failed, expired or lost: there will be another. */
    RETRY("retry"),
    /** A dead letter; also of what was never handed out. */
    DEAD("dead");

    private final String text;

    Ending(String text) {
      this.text = text;
    }

    String text() {
      return text;
    }
  }

  private record Flight(String name, long begunAt) {}

  void handedOut(long position, String name, long now) {
    flights.put(position, new Flight(name, now));
  }

  /** It is the first of its delivery. */
  void first(long committedAt, long now) {
    Timer known = delay;
    if (known == null) {
      known = metrics.firstHandOut(group.get());
      delay = known;
    }
    known.record(Duration.ofMillis(Math.max(0, now - committedAt)));
  }

  /** There was no hand-out of this position after all. */
  void unsent(long position) {
    flights.remove(position);
  }

  /** The hand-out of this position is over, if there was one. */
  void ended(long position, Ending ending, long now) {
    Flight flight = flights.remove(position);
    if (flight == null) {
      return;
    }
    timer().record(Duration.ofMillis(Math.max(0, now - flight.begunAt())));
    if (ending != Ending.DEAD) {
      count(flight.name(), ending);
    }
  }

  void dead(String name) {
    count(name, Ending.DEAD);
  }

  private void count(String name, Ending ending) {
    Map<Ending, Counter> known = counters.get(name);
    if (known == null) {
      known = metrics.deliveries(name, group.get());
      counters.put(name, known);
    }
    Objects.requireNonNull(known.get(ending)).increment();
  }

  private Timer timer() {
    Timer known = duration;
    if (known == null) {
      known = metrics.duration(group.get());
      duration = known;
    }
    return known;
  }
}
