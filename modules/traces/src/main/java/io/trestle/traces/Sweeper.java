package io.trestle.traces;

import io.trestle.kernel.ModuleContext;
import io.trestle.kernel.database.DayPartitions;
import io.trestle.kernel.settings.TelemetrySettings;
import io.vertx.core.Future;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes partitions ahead of time and drops the days whose time is over, one a sweep. */
final class Sweeper {
  private static final Logger LOG = LoggerFactory.getLogger(Sweeper.class);
  private static final long EVERY_MILLIS = Duration.ofMinutes(10).toMillis();

  private final ModuleContext kernel;
  private final TraceStore store;
  private long timer = -1;

  Sweeper(ModuleContext kernel, TraceStore store) {
    this.kernel = kernel;
    this.store = store;
  }

  /** Makes the partitions that are to be ready. */
  Future<Void> partitions() {
    return DayPartitions.make(kernel.clock().millis(), store::partition);
  }

  /** Nothing is dropped in the first minutes, so that restarts do not drop a day each. */
  void start() {
    timer = kernel.vertx().setPeriodic(EVERY_MILLIS, id -> sweep());
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
