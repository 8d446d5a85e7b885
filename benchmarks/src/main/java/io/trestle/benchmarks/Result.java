package io.trestle.benchmarks;

import io.vertx.core.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one case came to.
 *
 * @param name the case
 * @param ours our figures
 * @param peer what it is compared with; null for nothing
 * @param facts further members of the JSON object
 */
record Result(String name, Figures ours, @Nullable Peer peer, Map<String, Object> facts) {

  /** Copies the facts, in their order. */
  Result {
    facts = new LinkedHashMap<>(facts);
  }

  /**
   * Figures of one contender.
   *
   * @param perSecond how many
   * @param p50Millis the median latency
   * @param p99Millis the latency that one in a hundred exceeds
   * @param cpuMicros processor time for one operation, of all processes that took part; 0 when that
   *     is not known
   * @param allocatedKib what they allocated on their heaps for one operation
   */
  record Figures(
      double perSecond, double p50Millis, double p99Millis, double cpuMicros, double allocatedKib) {
    /** A rate and nothing else. */
    static Figures rate(double perSecond) {
      return new Figures(perSecond, 0, 0, 0, 0);
    }

    private void put(JsonObject json, String whose) {
      if (p99Millis > 0) {
        json.put(whose + "_p50_ms", rounded(p50Millis)).put(whose + "_p99_ms", rounded(p99Millis));
      }
      if (cpuMicros > 0) {
        json.put(whose + "_cpu_us", rounded(cpuMicros))
            .put(whose + "_alloc_kib", rounded(allocatedKib));
      }
    }
  }

  /** The figures of a named peer in the same run. */
  record Peer(String name, Figures figures) {}

  /** Ours by theirs: more is better. */
  @Nullable Double ratio() {
    return peer == null ? null : quotient(ours.perSecond(), peer.figures().perSecond());
  }

  /** Our p99 by theirs: less is better. */
  @Nullable Double p99Ratio() {
    return peer == null ? null : quotient(ours.p99Millis(), peer.figures().p99Millis());
  }

  JsonObject json() {
    Figures theirs = peer == null ? null : peer.figures();
    JsonObject json =
        new JsonObject()
            .put("case", name)
            .put("peer", peer == null ? null : peer.name())
            .put("ours_per_s", rounded(ours.perSecond()))
            .put("peer_per_s", theirs == null ? null : rounded(theirs.perSecond()))
            .put("ratio", rounded(ratio()))
            .put("p99_ratio", rounded(p99Ratio()));
    ours.put(json, "ours");
    if (theirs != null) {
      theirs.put(json, "peer");
    }
    facts.forEach(json::put);
    return json;
  }

  private static @Nullable Double quotient(double a, double b) {
    return b > 0 ? (Double) (a / b) : null;
  }

  private static @Nullable Double rounded(@Nullable Double value) {
    return value == null ? null : (Double) (Math.round(value * 1000) / 1000.0);
  }
}
