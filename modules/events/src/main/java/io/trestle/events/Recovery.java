package io.trestle.events;

import io.trestle.events.DeadStore.Place;
import io.trestle.events.LogStore.Step;
import io.vertx.core.Future;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rebuilds what the owner keeps in memory. Consumers are stored with their progress, exact as of
 * the checkpoint; what was appended, replayed or buried after it is added. So the cost does not
 * depend on the size of the log, nor on how far a consumer is behind: that is read when somebody is
 * there to take it.
 */
final class Recovery {
  private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);
  private static final int TAIL = 10_000;

  private final EventsHouse house;
  private final ConsumerBook book;
  private final Map<Integer, Integer> consumerOf = new HashMap<>();
  private long steps;

  Recovery(EventsHouse house, ConsumerBook book) {
    this.house = house;
    this.book = book;
  }

  Future<Void> run() {
    ConsumerStore consumers = house.consumers();
    return consumers
        .consumers()
        .onSuccess(rows -> rows.forEach(book::load))
        .compose(v -> consumers.subscriptions())
        .onSuccess(
            rows ->
                rows.forEach(
                    row -> {
                      book.load(row);
                      consumerOf.put(row.number(), row.consumer());
                    }))
        .compose(v -> consumers.troubles())
        .onSuccess(
            rows ->
                rows.forEach(
                    t -> {
                      ConsumerFeed feed = house.feeds().get(t.consumer());
                      if (feed != null) {
                        feed.restoreTrouble(t.position(), t.trouble());
                      }
                    }))
        .compose(v -> consumers.checkpoint())
        .compose(
            checkpoint ->
                tail(checkpoint)
                    .compose(v -> house.dead().replayed(checkpoint))
                    .onSuccess(places -> each(places, (feed, at) -> feed.restorePending())))
        .compose(v -> house.dead().buried())
        .onSuccess(places -> each(places, ConsumerFeed::restoreFinished))
        .onSuccess(v -> done())
        .mapEmpty();
  }

  private interface Act {
    void on(ConsumerFeed feed, long position);
  }

  private void each(List<Place> places, Act act) {
    for (Place place : places) {
      ConsumerFeed feed = house.feeds().get(place.consumer());
      if (feed != null) {
        act.on(feed, place.position());
      }
    }
  }

  private Future<Void> tail(long after) {
    return house
        .log()
        .tail(after, TAIL)
        .compose(
            page -> {
              page.forEach(this::count);
              steps += page.size();
              return page.size() < TAIL
                  ? Future.succeededFuture()
                  : tail(page.get(page.size() - 1).position());
            });
  }

  private void count(Step step) {
    Set<Integer> consumers = new HashSet<>();
    for (int number : step.matched()) {
      Integer consumer = consumerOf.get(number);
      if (consumer != null && consumers.add(consumer)) {
        ConsumerFeed feed = house.feeds().get(consumer);
        if (feed != null) {
          feed.restorePending();
        }
      }
    }
  }

  private void done() {
    long pending = 0;
    for (ConsumerFeed feed : house.feeds().values()) {
      feed.restored(house.head());
      pending += feed.pending();
    }
    book.loaded();
    LOG.info(
        "events recovered head={} consumers={} pending={} after_checkpoint={}",
        house.head(),
        house.feeds().size(),
        pending,
        steps);
  }
}
