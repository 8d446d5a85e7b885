package io.trestle.events;

import io.trestle.conversations.Events.DeadLetter;
import io.trestle.conversations.Events.DeadPage;
import io.trestle.conversations.Events.ListDead;
import io.trestle.conversations.Events.Replay;
import io.trestle.conversations.Events.Replayed;
import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.events.DeadStore.Again;
import io.trestle.events.DeadStore.Letter;
import io.trestle.events.DeadStore.Stored;
import io.trestle.events.core.FanOut;
import io.trestle.events.core.FanOut.Target;
import io.trestle.events.core.Match;
import io.trestle.events.core.Subscription;
import io.trestle.protocol.events.EventPattern;
import io.trestle.protocol.events.PatternTrie;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Lists dead letters and hands them out again (events.md 10). */
final class DeadLetterDesk {
  private static final int DEFAULT_LIMIT = 50;
  private static final int MAX_LIMIT = 500;
  private static final UUID LAST = new UUID(-1, -1);

  private final EventsHouse house;
  private final ConsumerBook book;
  private final PublishDesk desk;
  private final Set<Key> busy = new HashSet<>();

  DeadLetterDesk(EventsHouse house, ConsumerBook book, PublishDesk desk) {
    this.house = house;
    this.book = book;
    this.desk = desk;
  }

  private record Key(int consumer, UUID eventId) {}

  record Cursor(long time, UUID id) {
    static final Cursor START = new Cursor(Long.MAX_VALUE, LAST);

    /** INVALID for a text that {@link #format} did not make. */
    static Cursor parse(String text) {
      if (text.isEmpty()) {
        return START;
      }
      try {
        String[] parts =
            new String(Base64.getUrlDecoder().decode(text), StandardCharsets.UTF_8).split(" ", -1);
        return new Cursor(Long.parseLong(parts[0]), UUID.fromString(parts[1]));
      } catch (RuntimeException e) {
        throw Refused.of(Reason.INVALID, "cursor: not one of this server");
      }
    }

    String format() {
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString((time + " " + id).getBytes(StandardCharsets.UTF_8));
    }
  }

  Future<DeadPage> list(ListDead q) {
    Cursor cursor = Cursor.parse(q.cursor());
    int limit = q.limit() <= 0 ? DEFAULT_LIMIT : Math.min(q.limit(), MAX_LIMIT);
    return house
        .dead()
        .list(q.serviceId(), cursor.time(), cursor.id(), limit + 1)
        .map(letters -> page(letters, limit));
  }

  private static DeadPage page(List<Letter> letters, int limit) {
    boolean more = letters.size() > limit;
    List<Letter> shown = more ? letters.subList(0, limit) : letters;
    String next =
        more ? new Cursor(shown.get(limit - 1).at(), shown.get(limit - 1).id()).format() : "";
    return new DeadPage(shown.stream().map(DeadLetterDesk::shown).toList(), next);
  }

  private static DeadLetter shown(Letter l) {
    return new DeadLetter(
        l.eventId(),
        l.name(),
        l.service(),
        l.serviceName(),
        l.error(),
        l.reason(),
        l.at(),
        l.replays(),
        l.attempts());
  }

  Future<Replayed> replay(Replay q) {
    Integer[] consumers =
        book.all(q.serviceId()).stream()
            .map(feed -> feed.consumer().number())
            .toArray(Integer[]::new);
    return house
        .dead()
        .find(consumers, q.eventId())
        .compose(found -> again(q, found.orElseThrow(() -> unknown(q))));
  }

  private static Refused unknown(Replay q) {
    return Refused.of(Reason.NOT_FOUND, "no dead letter of event " + q.eventId());
  }

  /** The entry of one consumer; PRECONDITION also when it was replayed already. */
  Future<Void> replay(int consumer, UUID eventId) {
    ConsumerFeed feed = house.feeds().get(consumer);
    Replay q = new Replay(feed == null ? LAST : feed.consumer().owner(), eventId);
    return house
        .dead()
        .find(new Integer[] {consumer}, eventId)
        .compose(
            found -> {
              Stored stored = found.orElseThrow(() -> unknown(q));
              if (stored.replayed()) {
                throw Refused.of(Reason.PRECONDITION, "replayed already");
              }
              return again(q, stored);
            })
        .mapEmpty();
  }

  /** Keeps an entry from being replayed while it is dropped; false when it is being replayed. */
  boolean lock(int consumer, UUID eventId) {
    return busy.add(new Key(consumer, eventId));
  }

  void unlock(int consumer, UUID eventId) {
    busy.remove(new Key(consumer, eventId));
  }

  private Future<Replayed> again(Replay q, Stored stored) {
    ConsumerFeed feed = house.feeds().get(stored.consumer());
    if (feed == null || (stored.replayed() && !feed.isUnfinished(stored.replayPosition()))) {
      throw unknown(q);
    }
    if (stored.replayed()) {
      return Future.succeededFuture(new Replayed(q.eventId()));
    }
    if (!lock(stored.consumer(), q.eventId())) {
      throw Refused.of(Reason.UNAVAILABLE, "it is being replayed or dropped right now");
    }
    return house
        .dead()
        .find(new Integer[] {stored.consumer()}, q.eventId())
        .compose(
            now -> {
              Stored sure = now.orElseThrow(() -> unknown(q));
              return sure.replayed()
                  ? Future.succeededFuture(new Replayed(q.eventId()))
                  : handOutAgain(q, feed, sure);
            })
        .onComplete(v -> unlock(stored.consumer(), q.eventId()));
  }

  private Future<Replayed> handOutAgain(Replay q, ConsumerFeed feed, Stored stored) {
    String name = stored.event().event().name();
    Match match = wanted(feed, name);
    if (match == null) {
      return Future.failedFuture(
          Refused.of(Reason.PRECONDITION, "no subscription wants " + name + " any more"));
    }
    return handOut(stored, match).map(v -> new Replayed(q.eventId()));
  }

  /** Filters are not asked again: the operator's intent wins. */
  private @Nullable Match wanted(ConsumerFeed feed, String name) {
    PatternTrie<Integer> patterns = new PatternTrie<>();
    for (Subscription s : feed.effective()) {
      if (EventPattern.problem(s.pattern()) == null) {
        patterns.add(EventPattern.parse(s.pattern()), s.number());
      }
    }
    int[] numbers = patterns.match(name).stream().mapToInt(Integer::intValue).toArray();
    return numbers.length == 0 ? null : Match.of(numbers);
  }

  /** The statement is the same each time, so it is repeated until its outcome is known. */
  private Future<Void> handOut(Stored stored, Match match) {
    Target target = new Target(stored.consumer(), match);
    int[] matched = FanOut.numbers(List.of(target));
    Logged event = stored.event().at(desk.nextPosition(), matched);
    List<Arrival> arrivals = List.of(Arrival.replayed(event, target));
    CommitOrder.Write order = house.order().begin(arrivals);
    house.announced(target);
    Again row =
        new Again(
            stored.consumer(),
            event.id(),
            house.now(),
            event.position(),
            stored.replays() + 1,
            matched);
    return house
        .untilDone(DeadStore.REPLAY, row)
        .onSuccess(
            v -> {
              house.metrics().deadLetterGone(stored.consumer());
              order.committed();
            })
        .onFailure(
            e -> {
              house.givenUp(arrivals);
              order.failed();
            });
  }
}
