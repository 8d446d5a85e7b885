package io.trestle.events.core;

import io.trestle.events.core.Burial.Reason;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * T8, time without instances (events.md 8.1.2): nothing of this happens more often than once a
 * second, so it may look at all deliveries.
 */
final class OfflineSweep<E> {
  private static final String ERROR = "subscriber unavailable";
  private static final long LONGEST_MILLIS = 60_000;
  private static final long SHORTEST_MILLIS = 1_000;

  /** Dead letters of one call; the next call goes on at once. */
  private static final int BATCH = 1_000;

  private final Supplier<DispatchRules> rules;
  private final Audience audience;
  private final Book<E> book;
  private final Outcomes<E> outcomes;
  private long last;
  private boolean unfinished;

  OfflineSweep(
      Supplier<DispatchRules> rules, Audience audience, Book<E> book, Outcomes<E> outcomes) {
    this.rules = rules;
    this.audience = audience;
    this.book = book;
    this.outcomes = outcomes;
  }

  /** When it is due; {@link Long#MAX_VALUE} if there is nothing to do. */
  long next() {
    if (!audience.expires() || book.size() == 0) {
      return Long.MAX_VALUE;
    }
    long limit = audience.leastPatience(rules.get());
    if (limit == Long.MAX_VALUE) {
      return Long.MAX_VALUE;
    }
    long pause = Math.max(SHORTEST_MILLIS, Math.min(LONGEST_MILLIS, limit / 2));
    return unfinished ? last : Math.max(last, audience.offlineSince()) + pause;
  }

  void run(long now) {
    if (next() > now) {
      return;
    }
    Map<Match, Long> patience = new HashMap<>();
    int left = BATCH;
    Entry<E> entry = book.arrivals().first();
    for (; entry != null && left > 0; entry = book.arrivals().after(entry)) {
      long since = Math.max(entry.createdAt, audience.offlineSince());
      long limit =
          patience.computeIfAbsent(
              entry.route.match, match -> audience.patience(match, rules.get()));
      if (entry.waits() && now - since >= limit) {
        outcomes.bury(entry, Reason.SUBSCRIBER_UNAVAILABLE, ERROR);
        left--;
      }
    }
    last = now;
    unfinished = left == 0;
  }
}
