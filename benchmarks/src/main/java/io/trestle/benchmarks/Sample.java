package io.trestle.benchmarks;

import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * One measured round of a closed loop.
 *
 * @param perSecond operations per second
 * @param p50Millis median latency
 * @param p99Millis 99th percentile
 * @param cpuMicros processor time of all processes that took part, for one operation
 * @param allocatedKib what they allocated on their heaps, for one operation
 */
record Sample(
    double perSecond, double p50Millis, double p99Millis, double cpuMicros, double allocatedKib) {
  private static final double MILLI = 1e6;
  private static final double MICRO = 1e3;
  private static final double KIB = 1024;

  /**
   * As a worker tells it.
   *
   * @param cost what was used meanwhile
   */
  static Sample of(JsonObject answer, Cost cost) {
    long failed = answer.getLong("failed");
    if (failed > 0) {
      throw new BenchException(
          failed + " operations failed, the first one with: " + answer.getString("failure"));
    }
    long count = Math.max(1, answer.getLong("count"));
    return new Sample(
        count * 1e9 / answer.getLong("nanos"),
        answer.getLong("p50") / MILLI,
        answer.getLong("p99") / MILLI,
        cost.cpuNanos() / MICRO / count,
        cost.allocatedBytes() / KIB / count);
  }

  /** The median of each figure, which one disturbed round does not move. */
  static Result.Figures median(List<Sample> rounds) {
    return new Result.Figures(
        median(rounds, Sample::perSecond),
        median(rounds, Sample::p50Millis),
        median(rounds, Sample::p99Millis),
        median(rounds, Sample::cpuMicros),
        median(rounds, Sample::allocatedKib));
  }

  private static double median(List<Sample> rounds, ToDoubleFunction<Sample> figure) {
    double[] sorted = rounds.stream().mapToDouble(figure).sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
