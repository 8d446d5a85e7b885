package io.trestle.events;

import io.trestle.conversations.Events.Answer;
import io.trestle.conversations.Events.Heard;
import io.trestle.conversations.HttpSubscriptions;
import io.trestle.conversations.HttpSubscriptions.All;
import io.trestle.conversations.HttpSubscriptions.Ask;
import io.trestle.conversations.HttpSubscriptions.Definition;
import io.trestle.conversations.HttpSubscriptions.Kept;
import io.trestle.conversations.HttpSubscriptions.Leave;
import io.trestle.conversations.HttpSubscriptions.Named;
import io.trestle.conversations.HttpSubscriptions.Pull;
import io.trestle.conversations.HttpSubscriptions.Pulled;
import io.trestle.conversations.HttpSubscriptions.Put;
import io.trestle.conversations.HttpSubscriptions.Settle;
import io.trestle.conversations.HttpSubscriptions.Settled;
import io.trestle.conversations.HttpSubscriptions.Subscription;
import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.events.PullStore.Gone;
import io.trestle.events.PullStore.Tuning;
import io.trestle.kernel.bus.Bus;
import io.trestle.protocol.policy.Capability;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Subscriptions over HTTP: consumers beside that of their service, with the policy of the service.
 * Changes are stored one after the other and take effect after the commit. Thread: the owner's
 * event loop.
 */
final class PullDesk {
  static final int OF_A_SERVICE = 64;

  /** Names and patterns keep their numbers for ever, since the log knows them. */
  static final int NAMES = 256;

  static final int PATTERNS_EVER = 1_000;

  /** Requests that wait, in all. */
  private static final int POLLS = 2_048;

  /** Those of one service, so that nobody with a token shuts the others out. */
  static final int POLLS_OF_A_SERVICE = POLLS / Room.SHARES;

  private static final Logger LOG = LoggerFactory.getLogger(PullDesk.class);
  private static final String STOPPING = "the runtime is stopping, try again";

  private final EventsHouse house;
  private final ConsumerBook book;
  private final PullStore store;
  private final TokenDesk tokens;
  private final Map<Integer, PullLine> lines = new HashMap<>();
  private Future<Void> changes = Future.succeededFuture();
  private boolean drained;

  PullDesk(EventsHouse house, ConsumerBook book, TokenDesk tokens) {
    this.house = house;
    this.book = book;
    this.tokens = tokens;
    tokens.onRevoked(gone -> lines.values().forEach(line -> line.revoked(gone)));
    this.store = new PullStore(house.context().database().pool());
  }

  /** After consumers were recovered. */
  Future<Void> load() {
    return store
        .all()
        .onSuccess(
            tunings ->
                house.feeds().values().stream()
                    .filter(feed -> feed.consumer().kind().equals(ConsumerBook.HTTP))
                    .forEach(feed -> line(feed).define(tunings.get(feed.consumer().number()))))
        .mapEmpty();
  }

  private PullLine line(ConsumerFeed feed) {
    return lines.computeIfAbsent(feed.consumer().number(), n -> new PullLine(house, book, feed));
  }

  void listen(Bus bus) {
    bus.answer(HttpSubscriptions.PUT, q -> refusing(() -> inTurn(() -> put(q))));
    bus.answer(HttpSubscriptions.DELETE, q -> refusing(() -> inTurn(() -> delete(q))));
    bus.answer(HttpSubscriptions.GET, q -> refusing(() -> get(q)));
    bus.answer(HttpSubscriptions.PULL, q -> refusing(() -> pull(q)));
    bus.answer(HttpSubscriptions.LEAVE, q -> refusing(() -> leave(q)));
    bus.answer(HttpSubscriptions.UNSENT, q -> refusing(() -> unsent(q)));
    bus.answer(HttpSubscriptions.SETTLE, q -> refusing(() -> settle(q)));
  }

  private static <T> Future<T> refusing(Supplier<Future<T>> question) {
    return Future.<Void>succeededFuture().compose(v -> question.get());
  }

  private <T> Future<T> inTurn(Supplier<Future<T>> change) {
    Future<T> done = changes.transform(v -> refusing(change));
    changes = done.transform(v -> Future.succeededFuture());
    return done;
  }

  /** The subscription of a consumer; null if it does not fetch over HTTP. */
  @Nullable PullLine of(ConsumerFeed feed) {
    return lines.get(feed.consumer().number());
  }

  /** The policy of a service or its state changed. */
  void changed(UUID service) {
    book.pulled(service).values().forEach(feed -> line(feed).effect());
  }

  /** Nothing is handed out any more, and nobody waits; what is out may be answered. */
  void drain() {
    drained = true;
    lines.values().forEach(line -> line.refuseAll(Reason.UNAVAILABLE, STOPPING));
  }

  // ---- changes

  private Future<Kept> put(Put q) {
    if (!house.gates().policy(q.serviceId()).can(Capability.EVENT_HANDLE)) {
      throw Refused.of(Reason.DENIED, "access denied: capability: event.handle is off");
    }
    PullLine before = find(q.serviceId(), q.name());
    checkRoom(q, before);
    Definition d = q.definition();
    return book.keepPulled(
            q.serviceId(),
            q.name(),
            d.patterns(),
            d.filter(),
            (unit, consumer) -> unit.and(PullStore.KEEP, tuning(consumer, d)))
        .recover(this::notStored)
        .map(
            feed -> {
              PullLine line = line(feed);
              line.define(tuning(feed.consumer().number(), d));
              LOG.info(
                  "http subscription kept service={} name={} patterns={}",
                  house.gates().name(q.serviceId()),
                  q.name(),
                  d.patterns());
              return new Kept(shown(line, d), before == null);
            });
  }

  private static Tuning tuning(int consumer, Definition d) {
    return new Tuning(consumer, d.maxInFlight(), d.leaseMillis(), d.maxAttempts(), d.retryMillis());
  }

  private void checkRoom(Put q, @Nullable PullLine before) {
    Map<String, ConsumerFeed> all = book.pulled(q.serviceId());
    if (before == null && live(q.serviceId()).size() >= OF_A_SERVICE) {
      throw tooMany("subscriptions", OF_A_SERVICE);
    }
    ConsumerFeed feed = all.get(q.name());
    if (feed == null && all.size() >= NAMES) {
      throw tooMany("names of subscriptions, deleted ones included", NAMES);
    }
    Set<List<String>> ever = new HashSet<>();
    q.definition().patterns().forEach(p -> ever.add(List.of(p, q.definition().filter())));
    if (feed != null) {
      feed.known().forEach(s -> ever.add(List.of(s.pattern(), s.filter())));
    }
    if (ever.size() > PATTERNS_EVER) {
      throw tooMany("patterns with filters that " + q.name() + " ever had", PATTERNS_EVER);
    }
  }

  private static Refused tooMany(String what, int limit) {
    return Refused.of(Reason.PRECONDITION, what + ": too many (expected: at most " + limit + ")");
  }

  private Future<Heard> delete(Named q) {
    PullLine line = known(q.serviceId(), q.name());
    return book.keepPulled(
            q.serviceId(),
            q.name(),
            List.of(),
            "",
            (unit, consumer) -> unit.and(PullStore.DROP, new Gone(consumer)))
        .recover(this::notStored)
        .map(
            feed -> {
              line.define(null);
              LOG.info(
                  "http subscription deleted service={} name={}",
                  house.gates().name(q.serviceId()),
                  q.name());
              return new Heard();
            });
  }

  /** It may be stored all the same; then what is stored counts. */
  private <T> Future<T> notStored(Throwable failure) {
    LOG.warn("http subscription not stored reason={}", failure.toString());
    return load()
        .transform(
            v ->
                Future.failedFuture(
                    Refused.of(Reason.UNAVAILABLE, "it may not be stored, try again")));
  }

  // ---- reading

  private Future<All> get(Ask q) {
    List<PullLine> asked =
        q.name().isEmpty() ? live(q.serviceId()) : List.of(known(q.serviceId(), q.name()));
    return Future.succeededFuture(new All(asked.stream().map(this::shown).toList()));
  }

  private List<PullLine> live(UUID service) {
    List<PullLine> live = new ArrayList<>();
    for (ConsumerFeed feed : book.pulled(service).values()) {
      PullLine line = line(feed);
      if (line.tuning() != null) {
        live.add(line);
      }
    }
    live.sort(Comparator.comparing(line -> line.feed().consumer().group()));
    return live;
  }

  private @Nullable PullLine find(UUID service, String name) {
    ConsumerFeed feed = book.pulled(service).get(name);
    PullLine line = feed == null ? null : line(feed);
    return line == null || line.tuning() == null ? null : line;
  }

  private PullLine known(UUID service, String name) {
    PullLine line = find(service, name);
    if (line == null) {
      throw Refused.of(
          Reason.NOT_FOUND, "subscription: " + name + " (expected: one of the service)");
    }
    return line;
  }

  private Subscription shown(PullLine line) {
    Tuning t = java.util.Objects.requireNonNull(line.tuning());
    List<io.trestle.events.core.Subscription> wanted = book.effective(line.feed());
    return shown(
        line,
        new Definition(
            wanted.stream().map(s -> s.pattern()).sorted().toList(),
            wanted.isEmpty() ? "" : wanted.get(0).filter(),
            t.maxInFlight(),
            t.leaseMillis(),
            t.maxAttempts(),
            t.retryMillis()));
  }

  private Subscription shown(PullLine line, Definition definition) {
    ConsumerFeed feed = line.feed();
    return new Subscription(
        feed.consumer().group(),
        definition,
        feed.pending(),
        feed.dispatcher().inFlight(),
        house.metrics().deadLetters(feed.consumer().number()));
  }

  // ---- fetching

  private Future<Pulled> pull(Pull q) {
    PullLine line = known(q.serviceId(), q.name());
    if (drained) {
      throw Refused.of(Reason.UNAVAILABLE, STOPPING);
    }
    if (house.gates().isRevoked(q.serviceId())) {
      throw Refused.of(Reason.UNAUTHENTICATED, "the service is revoked");
    }
    if (!tokens.isLive(q.token())) {
      throw Refused.of(Reason.UNAUTHENTICATED, PullLine.TOKEN_REVOKED);
    }
    if (waiting() >= POLLS || waiting(q.serviceId()) >= POLLS_OF_A_SERVICE) {
      throw Refused.of(Reason.OVERLOADED, "too many requests wait, try again");
    }
    return line.pull(q.poll(), q.token(), q.max(), q.waitMillis()).map(Pulled::new);
  }

  /** Requests that wait for events. */
  int waiting() {
    return lines.values().stream().mapToInt(PullLine::waiting).sum();
  }

  private int waiting(UUID service) {
    return book.pulled(service).values().stream().mapToInt(f -> line(f).waiting()).sum();
  }

  private Future<Heard> leave(Leave q) {
    PullLine line = find(q.serviceId(), q.name());
    if (line != null) {
      line.leave(q.poll());
    }
    return Future.succeededFuture(new Heard());
  }

  private Future<Heard> unsent(Settle q) {
    PullLine line = find(q.serviceId(), q.name());
    if (line != null) {
      q.answers().forEach(line::unsent);
      line.feed().settle();
    }
    return Future.succeededFuture(new Heard());
  }

  private Future<Settled> settle(Settle q) {
    PullLine line = known(q.serviceId(), q.name());
    List<Boolean> counted = new ArrayList<>(q.answers().size());
    for (Answer answer : q.answers()) {
      counted.add(line.settle(answer));
    }
    line.feed().settle();
    return Future.succeededFuture(new Settled(List.copyOf(counted)));
  }
}
