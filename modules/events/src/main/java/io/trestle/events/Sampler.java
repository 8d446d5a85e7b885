package io.trestle.events;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.trestle.events.core.PendingAlarm;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads off every second how consumers and queues stand, on the thread that owns them, so that a
 * scrape on another thread reads finished numbers. Services of one name share a series.
 */
final class Sampler {
  private static final Logger LOG = LoggerFactory.getLogger(Sampler.class);
  private static final long EVERY_MILLIS = 1_000;

  /** Rounds between two counts of the whole table; in between memory keeps count. */
  private static final int COUNT_EVERY = 3_600;

  private final EventsHouse house;
  private final LetterStore letters;
  private final OldestPending oldest;
  private final IntSupplier polls;
  private final MeterRegistry meters;
  private final Map<String, Group> groups = new HashMap<>();
  private final Map<Integer, PendingAlarm> alarms = new HashMap<>();
  private final AtomicLong commitsWaiting;
  private final AtomicLong troublesWaiting;
  private final AtomicLong burialsWaiting;
  private final AtomicLong recentBytes;
  private final AtomicLong memoryBytes;
  private final AtomicLong memoryWaiting;
  private final AtomicLong pollsWaiting;
  private final AtomicLong progressAge = new AtomicLong();
  private long timer = -1;
  private boolean stopped;
  private int rounds;

  Sampler(EventsHouse house, LetterStore letters, OldestPending oldest, IntSupplier polls) {
    this.polls = polls;
    this.house = house;
    this.letters = letters;
    this.oldest = oldest;
    this.meters = house.metrics().meters();
    this.commitsWaiting = gauge("sb_event_commits_waiting");
    this.troublesWaiting = gauge("sb_event_troubles_waiting");
    this.burialsWaiting = gauge("sb_event_burials_waiting");
    this.recentBytes = gauge("sb_event_recent_bytes");
    this.memoryBytes = gauge("sb_event_memory_bytes");
    this.memoryWaiting = gauge("sb_event_memory_consumers_waiting");
    gauge("sb_event_memory_bound_bytes").set(house.memory().total());
    this.pollsWaiting = gauge("sb_event_polls_waiting");
    Gauge.builder("sb_event_progress_age_seconds", progressAge, millis -> millis.get() / 1000.0)
        .strongReference(true)
        .register(meters);
  }

  private AtomicLong gauge(String name) {
    AtomicLong value = new AtomicLong();
    Gauge.builder(name, value, AtomicLong::get).strongReference(true).register(meters);
    return value;
  }

  /** What one label shows. */
  private static final class Group {
    final AtomicLong pending = new AtomicLong();
    final AtomicLong oldest = new AtomicLong(OldestPending.NONE);
    final AtomicLong inFlight = new AtomicLong();
    final AtomicLong ready = new AtomicLong();
    final AtomicLong letters = new AtomicLong();

    /** Bits of the largest share of the limit that a consumer of the label uses. */
    final AtomicLong share = new AtomicLong();
  }

  private record Sample(
      String label,
      long pending,
      double share,
      int inFlight,
      int ready,
      long letters,
      Future<Long> oldest) {}

  void start() {
    sample();
  }

  void stop() {
    stopped = true;
    house.cancel(timer);
  }

  private void sample() {
    Future<Void> counted = rounds++ % COUNT_EVERY == 0 ? count() : Future.succeededFuture();
    counted
        .compose(v -> consumers())
        .onComplete(
            done -> {
              commitsWaiting.set(house.order().waiting());
              troublesWaiting.set(house.troubles().waiting());
              burialsWaiting.set(house.burials().waiting());
              recentBytes.set(house.recent().bytes());
              memoryBytes.set(house.memory().used());
              memoryWaiting.set(house.memory().waiting());
              pollsWaiting.set(polls.getAsInt());
              progressAge.set(house.ledger().age().toMillis());
              if (!stopped) {
                timer = house.after(EVERY_MILLIS, this::sample);
              }
            });
  }

  private Future<Void> count() {
    return letters
        .counts()
        .onSuccess(house.metrics()::deadLettersAre)
        .onFailure(e -> LOG.debug("dead letters not counted reason={}", e.toString()))
        .<Void>mapEmpty()
        .otherwiseEmpty();
  }

  private Future<Void> consumers() {
    List<Sample> samples = new ArrayList<>();
    for (ConsumerFeed feed : house.feeds().values()) {
      if (house.gates().knows(feed.consumer().owner())) {
        samples.add(
            new Sample(
                house.label(feed.consumer()),
                feed.pending(),
                share(feed),
                feed.dispatcher().inFlight(),
                feed.dispatcher().ready(),
                house.metrics().deadLetters(feed.consumer().number()),
                oldest.of(feed)));
      }
    }
    return Future.join(samples.stream().map(Sample::oldest).toList())
        .transform(
            v -> {
              show(samples);
              return Future.succeededFuture();
            });
  }

  /** How near the consumer is to its limit; said once when it comes near (events.md 8.1.3). */
  private double share(ConsumerFeed feed) {
    int limit = house.maxPending();
    PendingAlarm alarm = alarms.computeIfAbsent(feed.consumer().number(), n -> new PendingAlarm());
    switch (alarm.update(feed.pending(), limit)) {
      case RAISED ->
          LOG.warn(
              "pending deliveries near their limit consumer={} pending={} limit={}",
              house.label(feed.consumer()),
              feed.pending(),
              limit);
      case CLEARED ->
          LOG.info(
              "pending deliveries below their limit again consumer={} pending={} limit={}",
              house.label(feed.consumer()),
              feed.pending(),
              limit);
      case NONE -> {}
    }
    return PendingAlarm.share(feed.pending(), limit);
  }

  private void show(List<Sample> samples) {
    Map<String, List<Sample>> byLabel = new HashMap<>();
    samples.forEach(s -> byLabel.computeIfAbsent(s.label(), l -> new ArrayList<>()).add(s));
    byLabel.forEach(
        (label, own) -> {
          Group group = groups.computeIfAbsent(label, this::register);
          group.pending.set(own.stream().mapToLong(Sample::pending).sum());
          group.inFlight.set(own.stream().mapToLong(Sample::inFlight).sum());
          group.ready.set(own.stream().mapToLong(Sample::ready).sum());
          group.share.set(
              Double.doubleToLongBits(own.stream().mapToDouble(Sample::share).max().orElse(0)));
          group.letters.set(own.stream().mapToLong(Sample::letters).sum());
          own.stream()
              .filter(s -> s.oldest().succeeded())
              .mapToLong(s -> s.oldest().result())
              .min()
              .ifPresent(group.oldest::set);
        });
  }

  private Group register(String label) {
    Group group = new Group();
    of("sb_events_pending", label, group.pending);
    of("sb_event_deliveries_inflight", label, group.inFlight);
    of("sb_event_deliveries_ready", label, group.ready);
    of("sb_dlq_size", label, group.letters);
    Gauge.builder(
            "sb_events_pending_limit_ratio", group, g -> Double.longBitsToDouble(g.share.get()))
        .tag("group", label)
        .strongReference(true)
        .register(meters);
    Gauge.builder("sb_events_oldest_pending_seconds", group, this::age)
        .tag("group", label)
        .strongReference(true)
        .register(meters);
    return group;
  }

  private void of(String name, String label, AtomicLong value) {
    Gauge.builder(name, value, AtomicLong::get)
        .tag("group", label)
        .strongReference(true)
        .register(meters);
  }

  private double age(Group group) {
    long createdAt = group.oldest.get();
    return createdAt == OldestPending.NONE ? 0 : Math.max(0, house.now() - createdAt) / 1000.0;
  }
}
