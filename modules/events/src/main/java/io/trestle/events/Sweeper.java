package io.trestle.events;

import io.trestle.kernel.ModuleContext;
import io.trestle.kernel.database.DayPartitions;
import io.trestle.kernel.settings.EventSettings;
import io.vertx.core.Future;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.LocalDate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes partitions ahead of time and takes away what is not needed any more. */
final class Sweeper {
  private static final Logger LOG = LoggerFactory.getLogger(Sweeper.class);
  private static final long EVERY_MILLIS = Duration.ofMinutes(10).toMillis();

  private static final String PARTITION = "SELECT trestle_event_partition($1)";

  private final EventsHouse house;
  private long timer = -1;

  Sweeper(EventsHouse house) {
    this.house = house;
  }

  /** Makes the partitions that are to be ready. */
  static Future<Void> partitions(ModuleContext kernel) {
    return DayPartitions.make(kernel.clock().millis(), day -> partition(kernel, day));
  }

  private static Future<Void> partition(ModuleContext kernel, LocalDate day) {
    return kernel.database().pool().preparedQuery(PARTITION).execute(Tuple.of(day)).mapEmpty();
  }

  void start() {
    timer = house.context().vertx().setPeriodic(EVERY_MILLIS, id -> sweep());
  }

  void stop() {
    house.cancel(timer);
  }

  private void sweep() {
    partitions(house.context())
        .compose(v -> retention())
        .compose(v -> house.consumers().sweepTroubles())
        .compose(v -> house.log().sweepKeys(house.now()))
        .compose(v -> deadLetters())
        .compose(v -> house.dead().forgetDropped())
        .onFailure(e -> LOG.warn("events not swept reason={}", e.toString()));
  }

  /** Drops the days of which every delivery ended, and that long ago (events.md 13). */
  private Future<Void> retention() {
    long keep = house.context().settings().get(EventSettings.LOG_RETENTION).toMillis();
    return house.log().dropFinished(house.floor(), house.now(), keep);
  }

  private Future<Integer> deadLetters() {
    Duration keep = house.context().settings().get(EventSettings.DLQ_RETENTION);
    return keep.isZero() ? Future.succeededFuture(0) : sweepAll(house.now() - keep.toMillis());
  }

  private Future<Integer> sweepAll(long before) {
    return house
        .dead()
        .sweep(before, house.metrics()::deadLetterGone)
        .compose(
            swept ->
                swept < DeadStore.SWEPT_AT_A_TIME
                    ? Future.succeededFuture(swept)
                    : sweepAll(before));
  }
}
