package io.trestle.events;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.trestle.conversations.Events.Event;
import io.trestle.conversations.Events.Result;
import io.trestle.events.DeliveryMeters.Ending;
import io.trestle.events.core.Verdict.Status;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is counted of events. Labels are bounded: the first 1,000 names of events and the first
 * 10,000 pairs of name and consumer have series of their own, the rest is {@code other}. Thread:
 * the owner's event loop.
 */
final class EventMetrics {
  /** Label of names that have no series of their own. */
  static final String OTHER = "other";

  static final int TOPICS = 1_000;
  static final int PAIRS = 10_000;

  private static final Logger LOG = LoggerFactory.getLogger(EventMetrics.class);
  private static final int WARNED = 10_000;
  private static final Duration[] BUCKETS =
      Arrays.stream(
              new long[] {1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000})
          .mapToObj(Duration::ofMillis)
          .toArray(Duration[]::new);

  private final MeterRegistry meters;
  private final Map<Status, Counter> verdicts = new EnumMap<>(Status.class);
  private final Counter handedOut;
  private final Counter answered;
  private final Counter ignored;
  private final Counter buried;
  private final Counter unevaluable;
  private final AtomicInteger publishing = new AtomicInteger();
  private final Map<String, Counter> published = new HashMap<>();
  private final Map<Integer, Long> deadLetters = new HashMap<>();
  private final Set<String> warned = new HashSet<>();
  private final Set<List<String>> pairs = new HashSet<>();

  EventMetrics(MeterRegistry meters) {
    this.meters = meters;
    for (Status status : Status.values()) {
      verdicts.put(
          status,
          Counter.builder("sb_event_publish_results")
              .tag("status", status.name().toLowerCase(Locale.ROOT))
              .register(meters));
    }
    this.handedOut = Counter.builder("sb_event_deliveries_handed_out").register(meters);
    this.answered = Counter.builder("sb_event_answers").tag("counted", "true").register(meters);
    this.ignored = Counter.builder("sb_event_answers").tag("counted", "false").register(meters);
    this.buried = Counter.builder("sb_event_dead_letters").register(meters);
    this.unevaluable = Counter.builder("sb_event_filter_unevaluable").register(meters);
    Gauge.builder("sb_event_publish_requests_inflight", publishing, AtomicInteger::get)
        .register(meters);
  }

  MeterRegistry meters() {
    return meters;
  }

  // ---- publishing

  void publishing(int change) {
    publishing.addAndGet(change);
  }

  void published(List<Result> results) {
    for (Result result : results) {
      for (Map.Entry<Status, Counter> verdict : verdicts.entrySet()) {
        if (verdict.getKey().number() == result.status()) {
          verdict.getValue().increment();
        }
      }
    }
  }

  void undecided(String why) {
    LOG.debug("publish undecided reason={}", why);
  }

  /** An event is in the log. */
  void accepted(String name) {
    Counter known = published.get(name);
    if (known == null) {
      known = topic(name);
    }
    known.increment();
  }

  private Counter topic(String name) {
    String topic = published.size() < TOPICS || published.containsKey(name) ? name : OTHER;
    return published.computeIfAbsent(
        topic, t -> Counter.builder("sb_events_published").tag("topic", t).register(meters));
  }

  // ---- deliveries

  void handedOut() {
    handedOut.increment();
  }

  void answered(boolean counted) {
    (counted ? answered : ignored).increment();
  }

  /** The counters of a name at a consumer. */
  Map<Ending, Counter> deliveries(String name, String group) {
    boolean known = published.containsKey(name) && pairs.size() < PAIRS;
    String topic = known || pairs.contains(List.of(name, group)) ? name : OTHER;
    pairs.add(List.of(topic, group));
    Map<Ending, Counter> counters = new EnumMap<>(Ending.class);
    for (Ending ending : Ending.values()) {
      counters.put(
          ending,
          Counter.builder("sb_deliveries")
              .tag("topic", topic)
              .tag("group", group)
              .tag("status", ending.text())
              .register(meters));
    }
    return counters;
  }

  /** From the hand-out to its end. */
  Timer duration(String group) {
    return Timer.builder("sb_event_delivery_duration")
        .tag("group", group)
        .serviceLevelObjectives(BUCKETS)
        .register(meters);
  }

  void unevaluable(Event event, int consumer) {
    unevaluable.increment();
    if (warned.size() < WARNED && warned.add(event.name())) {
      LOG.warn("event has no JSON view, so no filter passes name={}", event.name());
    }
  }

  // ---- dead letters

  void buried(int consumer) {
    buried.increment();
    deadLetters.merge(consumer, 1L, Long::sum);
  }

  /** One was replayed or dropped. */
  void deadLetterGone(int consumer) {
    deadLetters.merge(consumer, -1L, Long::sum);
  }

  /** What the table says. */
  void deadLettersAre(Map<Integer, Long> counts) {
    deadLetters.clear();
    deadLetters.putAll(counts);
  }

  /** How many a consumer has now. */
  long deadLetters(int consumer) {
    return Math.max(0, deadLetters.getOrDefault(consumer, 0L));
  }
}
