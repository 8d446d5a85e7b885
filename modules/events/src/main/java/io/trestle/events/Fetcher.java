package io.trestle.events;

import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the events of deliveries that have their turn but had to let go of their event. What is
 * still among the recent events comes from there; all else that was asked for meanwhile comes with
 * one query, so that a consumer with a long queue reads in pages, not row by row.
 *
 * <p>Thread: the owner's event loop. It never answers within the call that asks.
 */
final class Fetcher {
  private static final Logger LOG = LoggerFactory.getLogger(Fetcher.class);
  static final int PAGE = 512;
  private static final long RETRY_MILLIS = 500;

  private final Source source;
  private final Taker taker;
  private final Set<Long> wanted = new LinkedHashSet<>();
  private final Set<Long> asked = new HashSet<>();
  private boolean busy;

  /** Whom it brings them to. */
  interface Taker {
    /** The event of a position; empty when there is none. May ask for others. */
    void fetched(long position, Optional<Logged> event);

    /** After some were brought. */
    void settle();
  }

  /** Where events come from, and time. */
  interface Source {
    /** One that is still in memory. */
    @Nullable Logged recent(long position);

    /** Takes memory for what is to be read; returns how many bytes of payloads it may have. */
    long reserve();

    /** It is there. */
    void release(long bytes);

    /** Those of the positions that are stored, in order, up to so many bytes of payloads. */
    Future<List<Logged>> stored(List<Long> positions, long most);

    /** After this turn of the event loop. */
    void soon(Runnable task);

    void after(long millis, Runnable task);
  }

  Fetcher(Source source, Taker taker) {
    this.source = source;
    this.taker = taker;
  }

  /** The log as one consumer sees it. */
  static Source log(
      ConsumerStore.Consumer consumer, EventsHouse house, OwnSubscriptions subscriptions) {
    return new Source() {
      @Override
      public @Nullable Logged recent(long position) {
        return house.recent().at(position);
      }

      @Override
      public long reserve() {
        return house.reservePage();
      }

      @Override
      public void release(long bytes) {
        house.releasePage(bytes);
      }

      @Override
      public Future<List<Logged>> stored(List<Long> positions, long most) {
        return house
            .log()
            .at(consumer.number(), positions, subscriptions.numbers(), most)
            .onSuccess(rows -> house.metrics().read(EventMetrics.Read.FETCH, rows.size()));
      }

      @Override
      public void soon(Runnable task) {
        house.soon(task);
      }

      @Override
      public void after(long millis, Runnable task) {
        house.after(millis, task);
      }
    };
  }

  /** Asks for the event of a position; once is enough. */
  void fetch(long position) {
    if (!asked.contains(position) && wanted.add(position) && !busy) {
      busy = true;
      source.soon(this::bring);
    }
  }

  private void bring() {
    List<Long> elsewhere = new ArrayList<>();
    for (List<Long> turn = take(PAGE); !turn.isEmpty(); turn = take(PAGE - elsewhere.size())) {
      for (long position : turn) {
        Logged event = source.recent(position);
        if (event == null) {
          elsewhere.add(position);
        } else {
          asked.remove(position);
          taker.fetched(position, Optional.of(event));
        }
      }
    }
    if (elsewhere.isEmpty()) {
      done();
    } else {
      read(elsewhere);
    }
  }

  /** The next ones that are wanted, asked for from now on. */
  private List<Long> take(int limit) {
    List<Long> next = wanted.stream().limit(limit).toList();
    next.forEach(wanted::remove);
    asked.addAll(next);
    return next;
  }

  private void read(List<Long> positions) {
    long most = source.reserve();
    source
        .stored(positions, most)
        .onComplete(
            rows -> {
              source.release(most);
              asked.removeAll(positions);
              if (rows.failed()) {
                LOG.debug("events not read reason={}", rows.cause().toString());
                wanted.addAll(positions);
                source.after(RETRY_MILLIS, this::bring);
                return;
              }
              try {
                tell(positions, rows.result(), most);
              } finally {
                done();
              }
            });
  }

  /** What is behind a page that was cut by its bytes is asked for again. */
  private void tell(List<Long> positions, List<Logged> found, long most) {
    long bytes = 0;
    Set<Long> missing = new LinkedHashSet<>(positions);
    for (Logged event : found) {
      bytes += event.event().payload().length;
      missing.remove(event.position());
      taker.fetched(event.position(), Optional.of(event));
    }
    boolean cut = bytes >= most;
    long last = found.isEmpty() ? Long.MIN_VALUE : found.get(found.size() - 1).position();
    for (long position : missing) {
      if (cut && position > last) {
        wanted.add(position);
      } else {
        taker.fetched(position, Optional.empty());
      }
    }
  }

  private void done() {
    busy = !wanted.isEmpty();
    if (busy) {
      source.soon(this::bring);
    }
    taker.settle();
  }
}
