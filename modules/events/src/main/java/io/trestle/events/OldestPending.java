package io.trestle.events;

import io.trestle.events.core.Subscription;
import io.vertx.core.Future;
import java.util.HashMap;
import java.util.Map;

/**
 * When the event of a consumer's oldest pending delivery was accepted. What the dispatcher has is
 * older than what was not read yet; only for a consumer that has read nothing (nobody is there to
 * take it) the log is asked, once for each place at which it stands. Thread: the owner's event
 * loop.
 */
final class OldestPending {
  /** Nothing is pending. */
  static final long NONE = Long.MAX_VALUE;

  private final EventsHouse house;
  private final Map<Integer, Place> asked = new HashMap<>();

  OldestPending(EventsHouse house) {
    this.house = house;
  }

  private record Place(long readTo, long createdAt) {}

  /** The time, or {@link #NONE}. */
  Future<Long> of(ConsumerFeed feed) {
    int number = feed.consumer().number();
    long known = feed.dispatcher().oldestCreatedAt();
    if (known != NONE || feed.pending() == 0) {
      asked.remove(number);
      return Future.succeededFuture(known);
    }
    long readTo = feed.readTo();
    Place before = asked.get(number);
    return before != null && before.readTo() == readTo
        ? Future.succeededFuture(before.createdAt())
        : ask(feed, readTo);
  }

  private Future<Long> ask(ConsumerFeed feed, long readTo) {
    Integer[] numbers = feed.known().stream().map(Subscription::number).toArray(Integer[]::new);
    int consumer = feed.consumer().number();
    return house
        .log()
        .page(consumer, readTo, house.head(), numbers, 1, LogStore.PAGE_BYTES)
        .map(page -> page.isEmpty() ? NONE : page.get(0).createdAt())
        .onSuccess(found -> asked.put(consumer, new Place(readTo, found)));
  }
}
