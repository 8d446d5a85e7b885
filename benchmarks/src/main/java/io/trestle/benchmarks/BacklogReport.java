package io.trestle.benchmarks;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What {@code bench backlog} came to, beside what is asked of it. */
final class BacklogReport {
  private static final double MAX_START_SECONDS = 4;
  private static final double MIN_CATCH_UP = 20_000;

  /** Rounds of one machine differ by that much. */
  private static final double MIN_SHARE = 0.8;

  private static final double MAX_GROWTH_MEBIBYTES = 128;

  private BacklogReport() {}

  /**
   * Publishing.
   *
   * @param base what the rate is compared with; null for nothing
   * @param more further facts
   */
  static Result published(
      String name, List<Sample> samples, @Nullable Result base, Map<String, Object> more) {
    Result.Figures ours = Sample.median(samples);
    Map<String, Object> facts = new LinkedHashMap<>(more);
    facts.put("rounds", samples.size());
    String rate = "%,.0f/s, p99 %.1f ms".formatted(ours.perSecond(), ours.p99Millis());
    if (base == null) {
      facts.put("figure", rate);
      return new Result(name, ours, null, facts);
    }
    double share = ours.perSecond() / base.ours().perSecond();
    facts.put("figure", "%s, %.2f of %s".formatted(rate, share, base.name()));
    facts.put("bound", "at least %.1f of it".formatted(MIN_SHARE));
    facts.put("met", share >= MIN_SHARE);
    return new Result(name, ours, new Result.Peer(base.name(), base.ours()), facts);
  }

  /** From the start of the process until the kernel serves. */
  static Result started(double seconds) {
    return new Result(
        "start of the kernel",
        Result.Figures.rate(1 / seconds),
        null,
        Map.of(
            "figure",
            "%.2f s".formatted(seconds),
            "seconds",
            seconds,
            "bound",
            "below %.0f s".formatted(MAX_START_SECONDS),
            "met",
            seconds < MAX_START_SECONDS));
  }

  /** Deliveries, and the seconds from the first to the last. */
  static Result caughtUp(long deliveries, double seconds) {
    double rate = deliveries / seconds;
    return new Result(
        "catch-up, nobody publishes",
        Result.Figures.rate(rate),
        null,
        Map.of(
            "figure",
            "%,.0f/s".formatted(rate),
            "deliveries",
            deliveries,
            "seconds",
            seconds,
            "bound",
            "at least %,.0f/s".formatted(MIN_CATCH_UP),
            "met",
            rate >= MIN_CATCH_UP));
  }

  /**
   * Of the kernel.
   *
   * @param live what lives on its heap, before and after, in MiB
   */
  static Result memory(double rate, Kernel.Memory before, Kernel.Memory after, double... live) {
    double growth = after.peak() - before.now();
    return new Result(
        "memory of the kernel, catching up",
        Result.Figures.rate(rate),
        null,
        Map.of(
            "figure", "%.0f to at most %.0f MiB".formatted(before.now(), after.peak()),
            "mebibytes_before", before.now(),
            "mebibytes_peak", after.peak(),
            "mebibytes_end", after.now(),
            "live_heap_mebibytes_before", live[0],
            "live_heap_mebibytes_end", live[1],
            "bound", "%.0f MiB more".formatted(MAX_GROWTH_MEBIBYTES),
            "met", growth <= MAX_GROWTH_MEBIBYTES));
  }

  /** For people. */
  static Table table(String heading, List<Result> results) {
    Table table = new Table(List.of(heading, "measured", "bound", "met"));
    for (Result result : results) {
      Map<String, Object> facts = result.facts();
      table.row(
          result.name(),
          String.valueOf(facts.get("figure")),
          String.valueOf(facts.getOrDefault("bound", "-")),
          !facts.containsKey("met") ? "-" : Boolean.TRUE.equals(facts.get("met")) ? "yes" : "NO");
    }
    return table;
  }
}
