package io.trestle.events;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.trestle.conversations.Events.Event;
import io.trestle.conversations.Events.Result;
import io.trestle.events.core.Verdict.Status;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is counted of events. Thread: the owner's event loop. */
final class EventMetrics {
  private static final Logger LOG = LoggerFactory.getLogger(EventMetrics.class);
  private static final int WARNED = 10_000;

  private final Map<Status, Counter> verdicts = new EnumMap<>(Status.class);
  private final Counter handedOut;
  private final Counter answered;
  private final Counter ignored;
  private final Counter buried;
  private final Counter unevaluable;
  private final Set<String> warned = new HashSet<>();

  EventMetrics(MeterRegistry meters) {
    for (Status status : Status.values()) {
      verdicts.put(
          status,
          Counter.builder("sb_events_published")
              .tag("status", status.name().toLowerCase(java.util.Locale.ROOT))
              .register(meters));
    }
    this.handedOut = Counter.builder("sb_event_deliveries_handed_out").register(meters);
    this.answered = Counter.builder("sb_event_answers").tag("counted", "true").register(meters);
    this.ignored = Counter.builder("sb_event_answers").tag("counted", "false").register(meters);
    this.buried = Counter.builder("sb_event_dead_letters").register(meters);
    this.unevaluable = Counter.builder("sb_event_filter_unevaluable").register(meters);
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

  void handedOut() {
    handedOut.increment();
  }

  void answered(boolean counted) {
    (counted ? answered : ignored).increment();
  }

  void buried() {
    buried.increment();
  }

  void unevaluable(Event event, int consumer) {
    unevaluable.increment();
    if (warned.size() < WARNED && warned.add(event.name())) {
      LOG.warn("event has no JSON view, so no filter passes name={}", event.name());
    }
  }
}
