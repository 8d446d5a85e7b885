package io.trestle.traces;

import io.trestle.kernel.ModuleContext;
import io.trestle.kernel.settings.TelemetrySettings;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes partitions ahead of time and drops the days whose time is over, one a sweep. */
final class Sweeper {
  private static final Logger LOG = LoggerFactory.getLogger(Sweeper.class);
  private static final int DAYS_BEHIND = 1;
  private static final int DAYS_AHEAD = 7;
  private static final long EVERY_MILLIS = Duration.ofMinutes(10).toMillis();

  private final ModuleContext kernel;
  private final TraceStore store;
  private long timer = -1;

  Sweeper(ModuleContext kernel, TraceStore store) {
    this.kernel = kernel;
    this.store = store;
  }

  /** Makes the partitions of yesterday to next week, one after the other. */
  Future<Void> partitions() {
    LocalDate today =
        Instant.ofEpochMilli(kernel.clock().millis()).atZone(ZoneOffset.UTC).toLocalDate();
    Future<Void> made = Future.succeededFuture();
    for (int day = -DAYS_BEHIND; day <= DAYS_AHEAD; day++) {
      LocalDate of = today.plusDays(day);
      made = made.compose(v -> store.partition(of));
    }
    return made;
  }

  void start() {
    timer = kernel.vertx().setPeriodic(EVERY_MILLIS / 10, EVERY_MILLIS, id -> sweep());
  }

  void stop() {
    kernel.vertx().cancelTimer(timer);
  }

  private void sweep() {
    partitions()
        .compose(v -> retention())
        .onFailure(e -> LOG.warn("trace streams not swept reason={}", e.toString()));
  }

  /** Drops the oldest day if it is older than logs are kept; 0 keeps it for ever. */
  Future<Void> retention() {
    Duration keep = kernel.settings().get(TelemetrySettings.LOGS_RETENTION);
    return keep.isZero()
        ? Future.succeededFuture()
        : store.dropOlder(kernel.clock().millis(), keep.toMillis());
  }
}
