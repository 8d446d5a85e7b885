package io.trestle.events;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
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
import java.util.Objects;
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
  private final Counter undeclared;
  private final Counter tailDropped;
  private final Timer publishing;
  private final Map<Read, Counter> reads = new EnumMap<>(Read.class);
  private final Map<Read, Counter> readEvents = new EnumMap<>(Read.class);
  private final Map<Boolean, Counter> flushes = new HashMap<>();
  private final AtomicInteger underWay = new AtomicInteger();
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
    this.undeclared = Counter.builder("sb_events_undeclared").register(meters);
    this.tailDropped = Counter.builder("sb_event_tail_dropped").register(meters);
    this.publishing =
        Timer.builder("sb_event_publish_duration").serviceLevelObjectives(BUCKETS).register(meters);
    Gauge.builder("sb_event_publish_requests_inflight", underWay, AtomicInteger::get)
        .register(meters);
    for (Read kind : Read.values()) {
      reads.put(
          kind, Counter.builder("sb_event_log_reads").tag("kind", kind.text()).register(meters));
      readEvents.put(
          kind,
          Counter.builder("sb_event_log_read_events").tag("kind", kind.text()).register(meters));
    }
    for (boolean stored : new boolean[] {true, false}) {
      String outcome = stored ? "stored" : "failed";
      flushes.put(
          stored,
          Counter.builder("sb_event_progress_flushes").tag("outcome", outcome).register(meters));
    }
  }

  /** Why the log is read. */
  enum Read {
    /** A consumer that is behind. */
    PAGE("page"),
    /** Events that were let go of. */
    FETCH("fetch");

    private final String text;

    Read(String text) {
      this.text = text;
    }

    String text() {
      return text;
    }
  }

  MeterRegistry meters() {
    return meters;
  }

  // ---- publishing

  /** A request was received. */
  void publishBegun() {
    underWay.incrementAndGet();
  }

  /** It is answered. */
  void publishEnded(long receivedNanos) {
    underWay.decrementAndGet();
    publishing.record(Duration.ofNanos(System.nanoTime() - receivedNanos));
  }

  /** An instance published what it has not declared. */
  void undeclared() {
    undeclared.increment();
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

  /** From the commit to the first hand-out. */
  Timer firstHandOut(String group) {
    return Timer.builder("sb_event_first_handout_delay")
        .tag("group", group)
        .serviceLevelObjectives(BUCKETS)
        .register(meters);
  }

  /** Warned of once for each publisher and name (events.md 9.1.9). */
  void unevaluable(String publisher, String name) {
    unevaluable.increment();
    if (warned.size() < WARNED && warned.add(publisher + ' ' + name)) {
      LOG.warn("event has no JSON view, so no filter passes publisher={} name={}", publisher, name);
    }
  }

  // ---- the log

  void read(Read kind, int events) {
    of(reads, kind).increment();
    of(readEvents, kind).increment(events);
  }

  void flushed(boolean stored) {
    of(flushes, stored).increment();
  }

  /** Events that a watcher was too slow for. */
  void tailDropped(long count) {
    tailDropped.increment((double) count);
  }

  private static <K> Counter of(Map<K, Counter> counters, K key) {
    return Objects.requireNonNull(counters.get(key));
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
