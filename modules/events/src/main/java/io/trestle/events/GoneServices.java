package io.trestle.events;

import io.trestle.protocol.StatusCode;
import java.util.List;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices services that were deleted while consumers of theirs are left (events.md 8.4). Nobody
 * tells of it, and it happens seldom, so it is looked up. Thread: the owner's event loop.
 */
final class GoneServices {
  private static final Logger LOG = LoggerFactory.getLogger(GoneServices.class);
  private static final long EVERY_MILLIS = 10_000;

  private final EventsHouse house;
  private final ConsumerBook book;
  private final PullDesk pulls;
  private final StreamTable streams;
  private long timer = -1;
  private boolean stopped;

  GoneServices(EventsHouse house, ConsumerBook book, PullDesk pulls, StreamTable streams) {
    this.house = house;
    this.book = book;
    this.pulls = pulls;
    this.streams = streams;
  }

  void start() {
    house
        .consumers()
        .ownersGone()
        .onSuccess(this::take)
        .onFailure(e -> LOG.debug("deleted services not looked up reason={}", e.toString()))
        .onComplete(
            done -> {
              if (!stopped) {
                timer = house.after(EVERY_MILLIS, this::start);
              }
            });
  }

  void stop() {
    stopped = true;
    house.cancel(timer);
  }

  private void take(List<UUID> services) {
    for (UUID service : services) {
      if (book.serviceDeleted(service)) {
        house.gates().service(service, house.gates().name(service), false);
        pulls.changed(service);
        streams.end(
            streams.of(service), StatusCode.UNAUTHENTICATED.number(), "the service was deleted");
      }
    }
  }
}
