package io.trestle.examples.orderflow.storefront;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trestle.examples.orderflow.v1.Served;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;

/** Counts what became of the storefront's calls. Thread-safe. */
final class CallBook {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Comparator<Way> BY_NAME =
      Comparator.comparing(Way::target).thenComparing(Way::instance).thenComparing(Way::path);

  private final Map<Way, Latencies> answers = new TreeMap<>(BY_NAME);
  private final Map<Way, Streams> streams = new TreeMap<>(BY_NAME);
  private final Map<String, Long> brokenStreams = new TreeMap<>();
  private final Map<String, Long> denials = new TreeMap<>();
  private final Map<String, Long> refusals = new TreeMap<>();
  private final Map<String, Long> failures = new TreeMap<>();
  private long sdkRepeats;
  private long applicationRepeats;

  private record Way(String target, String instance, String path) {
    static Way of(String target, Served served) {
      return new Way(target, served.getInstanceId(), served.getProxied() ? "proxied" : "direct");
    }
  }

  private record Streams(long count, long chunks) {
    Streams plus(Streams more) {
      return new Streams(count + more.count, chunks + more.chunks);
    }
  }

  /**
   * An answer.
   *
   * @param target {@code service/method}
   * @param fellBack the call was meant to go direct and came through the runtime: the SDK repeated
   *     it, on proof that no handler had run
   */
  synchronized void answered(String target, Served served, boolean fellBack, long nanos) {
    answers.computeIfAbsent(Way.of(target, served), way -> new Latencies()).add(nanos);
    sdkRepeats += fellBack ? 1 : 0;
  }

  /** A stream came to its end, with so many chunks. */
  synchronized void streamed(String target, Served served, int chunks) {
    streams.merge(Way.of(target, served), new Streams(1, chunks), Streams::plus);
  }

  /** A stream did not come to its end. */
  synchronized void broken(String target, String code) {
    brokenStreams.merge(target + " " + code, 1L, Long::sum);
  }

  /** The access policy forbids the call; no handler ran. */
  synchronized void denied(String target) {
    denials.merge(target, 1L, Long::sum);
  }

  /** A handler answered with a business code. */
  synchronized void refused(String target, String code) {
    refusals.merge(target + " " + code, 1L, Long::sum);
  }

  /** No answer: whether a handler ran is unknown, or nobody was there. */
  synchronized void failed(String target, String code) {
    failures.merge(target + " " + code, 1L, Long::sum);
  }

  /** The storefront asks again. */
  synchronized void repeated() {
    applicationRepeats++;
  }

  /** Everything so far. */
  synchronized ObjectNode json() {
    ObjectNode tree = MAPPER.createObjectNode();
    ArrayNode calls = tree.putArray("calls");
    answers.forEach((way, times) -> calls.add(json(way, times)));
    ArrayNode ended = tree.putArray("streams");
    streams.forEach((way, counts) -> ended.add(json(way, counts)));
    put(tree.putObject("broken_streams"), brokenStreams);
    put(tree.putObject("denials"), denials);
    put(tree.putObject("refusals"), refusals);
    put(tree.putObject("failures"), failures);
    return tree.put("sdk_repeats", sdkRepeats).put("application_repeats", applicationRepeats);
  }

  private static ObjectNode json(Way way) {
    return MAPPER
        .createObjectNode()
        .put("target", way.target())
        .put("instance", way.instance())
        .put("path", way.path());
  }

  private static ObjectNode json(Way way, Streams streams) {
    return json(way).put("count", streams.count()).put("chunks", streams.chunks());
  }

  private static ObjectNode json(Way way, Latencies times) {
    return json(way)
        .put("count", times.count())
        .put("p50_ms", times.percentileMillis(0.5))
        .put("p95_ms", times.percentileMillis(0.95))
        .put("p99_ms", times.percentileMillis(0.99))
        .put("max_ms", times.percentileMillis(1));
  }

  private static void put(ObjectNode tree, Map<String, Long> counts) {
    counts.forEach(tree::put);
  }
}
