package io.trestle.kernel.pipeline;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;

/**
 * The figures of one lane (foundation 3.10). Written on the lane's event loop, gauges read from any
 * thread.
 */
final class LaneMetrics {

  private static final String PREFIX = "trestle.pipeline.";
  private static final long NOTHING = Long.MIN_VALUE;

  private final MeterRegistry registry;
  private final String lane;
  private final LongSupplier nanos;
  private final List<Meter> meters = new ArrayList<>();
  private final Map<String, Counter> counters = new HashMap<>();
  private final DistributionSummary batchUnits;
  private final DistributionSummary batchBytes;
  private final Timer commit;

  private volatile int depth;
  private volatile long bytes;
  private volatile long oldest = NOTHING;
  private volatile int away;

  LaneMetrics(MeterRegistry registry, Lane lane, LongSupplier nanos) {
    this.registry = registry;
    this.lane = lane.label();
    this.nanos = nanos;
    gauge("depth", m -> m.depth);
    gauge("bytes", m -> m.bytes);
    gauge("oldest.seconds", LaneMetrics::oldestSeconds);
    gauge("away", m -> m.away);
    batchUnits = kept(DistributionSummary.builder(PREFIX + "batch.units").tag("lane", this.lane));
    batchBytes = kept(DistributionSummary.builder(PREFIX + "batch.bytes").tag("lane", this.lane));
    commit = Timer.builder(PREFIX + "commit").tag("lane", this.lane).register(registry);
    meters.add(commit);
  }

  /** Units without verdict, their bytes, and since when the oldest waits. */
  void waiting(int units, long unitBytes, long oldestSince) {
    depth = units;
    bytes = unitBytes;
    oldest = units == 0 ? NOTHING : oldestSince;
  }

  void state(LaneState state) {
    away = state == LaneState.AWAY ? 1 : 0;
  }

  void attempt(Outcome outcome, List<Unit> units, List<BatchPlan.Statement> plan, long took) {
    if (!(outcome instanceof Outcome.Committed)) {
      count("retries", "reason", outcome.getClass().getSimpleName(), 1);
      return;
    }
    batchUnits.record(units.size());
    batchBytes.record(units.stream().mapToDouble(unit -> unit.write().bytes()).sum());
    commit.record(took, TimeUnit.NANOSECONDS);
    plan.forEach(s -> count("rows", "kind", s.kind().name(), s.rows().size()));
  }

  /** A unit was refused by PostgreSQL; it counts for the kind of its first row. */
  void poisoned(Unit unit) {
    count("poisoned", "kind", unit.write().rows().get(0).kind().name(), 1);
  }

  void close() {
    meters.forEach(registry::remove);
  }

  private double oldestSeconds() {
    long since = oldest;
    return since == NOTHING ? 0 : (nanos.getAsLong() - since) / 1e9;
  }

  private void count(String name, String tag, String value, int amount) {
    counters
        .computeIfAbsent(name + '/' + value, key -> counter(name, tag, value))
        .increment(amount);
  }

  private Counter counter(String name, String tag, String value) {
    Counter counter =
        Counter.builder(PREFIX + name).tag("lane", lane).tag(tag, value).register(registry);
    meters.add(counter);
    return counter;
  }

  private void gauge(String name, ToDoubleFunction<LaneMetrics> read) {
    meters.add(Gauge.builder(PREFIX + name, this, read).tag("lane", lane).register(registry));
  }

  private DistributionSummary kept(DistributionSummary.Builder builder) {
    DistributionSummary summary = builder.register(registry);
    meters.add(summary);
    return summary;
  }
}
