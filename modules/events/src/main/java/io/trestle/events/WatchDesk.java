package io.trestle.events;

import io.trestle.conversations.EventAdmin.Accepted;
import io.trestle.conversations.EventAdmin.Seen;
import io.trestle.conversations.EventAdmin.Watch;
import io.trestle.conversations.Events.Event;
import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.events.core.Watcher;
import io.trestle.protocol.events.EventFilter;
import io.trestle.protocol.events.EventPattern;
import io.trestle.protocol.events.FilterException;
import io.trestle.protocol.events.JsonView;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Operators who watch events come in. A watch is asked again and again (a long poll); one that
 * nobody asked for half a minute is forgotten, so a watcher that went away costs nothing for long.
 * Nothing is read from the database. Thread: the owner's event loop.
 */
final class WatchDesk {
  static final int WATCHES = 64;
  private static final long MAX_WAIT_MILLIS = 20_000;
  private static final long FORGOTTEN_AFTER_MILLIS = 30_000;

  /** What is committed in one turn of the event loop goes out as one answer. */
  private static final long GATHER_MILLIS = 5;

  private final EventsHouse house;
  private final Map<UUID, Open> open = new HashMap<>();

  WatchDesk(EventsHouse house) {
    this.house = house;
  }

  private static final class Open {
    final UUID id;
    final Watcher watcher;
    @Nullable Promise<Seen> asker;
    boolean answering;
    long timer = -1;

    Open(UUID id, Watcher watcher) {
      this.id = id;
      this.watcher = watcher;
    }
  }

  /** An event was committed for the first time. */
  void committed(Arrival arrival) {
    if (open.isEmpty()) {
      return;
    }
    Logged logged = arrival.event();
    Event event = logged.event();
    Accepted accepted =
        new Accepted(
            event,
            logged.publisherService(),
            house.gates().name(logged.publisherService()),
            logged.position(),
            arrival.targets().size(),
            logged.createdAt());
    View view = new View(event);
    for (Open watch : open.values()) {
      if (watch.watcher.offer(accepted, view::get) && watch.asker != null && !watch.answering) {
        watch.answering = true;
        house.after(GATHER_MILLIS, () -> answer(watch));
      }
    }
  }

  /** Parses a payload once, if at all. */
  private static final class View {
    private final Event event;
    private Optional<JsonView> view = Optional.empty();
    private boolean parsed;

    View(Event event) {
      this.event = event;
    }

    Optional<JsonView> get() {
      if (!parsed) {
        parsed = true;
        view = JsonView.ofEvent(event.payloadJson(), event.payload(), event.contractHash());
      }
      return view;
    }
  }

  Future<Seen> watch(Watch q) {
    return q.watch().isEmpty() ? begin(q) : goOn(q);
  }

  private Future<Seen> begin(Watch q) {
    String problem = EventPattern.problem(q.pattern());
    if (problem != null) {
      throw Refused.of(
          Reason.INVALID, "pattern: " + ConsumerDesk.clip(q.pattern()) + ": " + problem);
    }
    Watcher watcher = new Watcher(EventPattern.parse(q.pattern()), filter(q.filter()));
    if (open.size() >= WATCHES) {
      throw Refused.of(
          Reason.OVERLOADED, "watches: " + open.size() + " (expected: fewer than " + WATCHES + ")");
    }
    Open watch = new Open(house.context().ids().next(), watcher);
    open.put(watch.id, watch);
    forgetLater(watch);
    return Future.succeededFuture(new Seen(watch.id.toString(), List.of(), 0));
  }

  private static EventFilter filter(String text) {
    try {
      return EventFilter.parse(text);
    } catch (FilterException e) {
      throw Refused.of(Reason.INVALID, String.valueOf(e.getMessage()));
    }
  }

  private Future<Seen> goOn(Watch q) {
    Open watch = find(q.watch());
    Promise<Seen> before = watch.asker;
    if (before != null) {
      before.complete(new Seen(watch.id.toString(), List.of(), 0));
    }
    house.cancel(watch.timer);
    Promise<Seen> asker = Promise.promise();
    watch.asker = asker;
    if (!watch.watcher.isEmpty() || q.waitMillis() <= 0) {
      answer(watch);
    } else {
      long wait = Math.min(q.waitMillis(), MAX_WAIT_MILLIS);
      watch.timer = house.after(wait, () -> answer(watch));
    }
    return asker.future();
  }

  private Open find(String text) {
    for (Open watch : open.values()) {
      if (watch.id.toString().equals(text)) {
        return watch;
      }
    }
    throw Refused.of(
        Reason.NOT_FOUND,
        "watch: "
            + ConsumerDesk.clip(text)
            + " (expected: one that was asked within the last "
            + FORGOTTEN_AFTER_MILLIS / 1000
            + " s)");
  }

  private void answer(Open watch) {
    watch.answering = false;
    Promise<Seen> asker = watch.asker;
    if (asker == null) {
      return;
    }
    watch.asker = null;
    house.cancel(watch.timer);
    forgetLater(watch);
    long dropped = watch.watcher.takeDropped();
    house.metrics().tailDropped(dropped);
    asker.complete(new Seen(watch.id.toString(), watch.watcher.take(), dropped));
  }

  private void forgetLater(Open watch) {
    watch.timer = house.after(FORGOTTEN_AFTER_MILLIS, () -> forget(watch));
  }

  private void forget(Open watch) {
    open.remove(watch.id, watch);
    house.metrics().tailDropped(watch.watcher.takeDropped());
  }

  /** Answers whoever waits; everything is forgotten. */
  void close() {
    for (Open watch : List.copyOf(open.values())) {
      answer(watch);
      house.cancel(watch.timer);
    }
    open.clear();
  }
}
