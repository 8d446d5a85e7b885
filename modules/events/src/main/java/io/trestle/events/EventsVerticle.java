package io.trestle.events;

import io.trestle.conversations.AccessNews;
import io.trestle.conversations.Events;
import io.trestle.conversations.Events.Answer;
import io.trestle.conversations.Events.Answers;
import io.trestle.conversations.Events.Closed;
import io.trestle.conversations.Events.Heard;
import io.trestle.conversations.Events.Open;
import io.trestle.conversations.Policies;
import io.trestle.conversations.Subscribers;
import io.trestle.conversations.Subscribers.Instance;
import io.trestle.conversations.Subscribers.Subscriber;
import io.trestle.events.StreamTable.Stream;
import io.trestle.kernel.ModuleContext;
import io.trestle.kernel.bus.Bus;
import io.trestle.protocol.StatusCode;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The owner of the log and of its consumers: one event loop. Messages in become calls of desk, book
 * and feeds.
 */
final class EventsVerticle extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(EventsVerticle.class);
  private static final long STREAM_WITHOUT_SESSION_MILLIS = 5_000;
  private static final long CLOCKS_DIFFER_MILLIS = 60_000;

  private final ModuleContext kernel;
  private final Bus bus;
  private final String epoch;
  private @Nullable Parts parts;
  private boolean draining;

  EventsVerticle(ModuleContext kernel) {
    this.kernel = kernel;
    this.bus = kernel.bus();
    this.epoch = DeliveryTokens.prefix(kernel.kernel().epoch());
  }

  private record Parts(
      EventsHouse house,
      ConsumerBook book,
      PublishDesk desk,
      DeadLetterDesk letters,
      StreamTable streams,
      PullDesk pulls,
      Operators operators,
      GoneServices gone,
      Sweeper sweeper) {}

  @Override
  public Future<?> start() {
    LogStore log = new LogStore(kernel.database().pool());
    long soon = kernel.clock().millis() + CLOCKS_DIFFER_MILLIS;
    return Sweeper.partitions(kernel)
        .compose(v -> Future.all(log.head(), log.newest(soon)))
        .compose(found -> recover(found.resultAt(0), found.resultAt(1)))
        .compose(v -> follow());
  }

  /**
   * Rebuilds everything from the database.
   *
   * @param newest largest id that is not of a clock that is far ahead; of those the primary key of
   *     the log is left to tell
   */
  private Future<Void> recover(long head, UUID newest) {
    StreamTable streams = new StreamTable(bus, context, this::lost, this::vacant);
    EventsHouse house = new EventsHouse(kernel, context, head, streams);
    ConsumerBook book = new ConsumerBook(house, feed -> attach(feed, streams));
    PublishDesk desk = new PublishDesk(house, head, newest);
    DeadLetterDesk letters = new DeadLetterDesk(house, book, desk);
    TokenDesk tokens =
        new TokenDesk(house, new TokenStore(kernel.database().pool(), kernel.database().writes()));
    PullDesk pulls = new PullDesk(house, book, tokens);
    Operators operators = new Operators(house, book, streams, pulls, letters, tokens);
    Parts made =
        new Parts(
            house,
            book,
            desk,
            letters,
            streams,
            pulls,
            operators,
            new GoneServices(house, book, pulls, streams),
            new Sweeper(house));
    parts = made;
    return new Recovery(house, book)
        .run()
        .compose(v -> pulls.load())
        .compose(v -> operators.load())
        .onSuccess(v -> listen(made));
  }

  @Override
  public Future<?> stop() {
    Parts made = parts;
    if (made == null) {
      return Future.succeededFuture();
    }
    made.sweeper().stop();
    made.gone().stop();
    made.operators().stop();
    made.house().close();
    return made.house().ledger().close().otherwiseEmpty();
  }

  /** Nothing is handed out any more; what is under way may be answered. */
  Future<Void> drain() {
    Promise<Void> told = Promise.promise();
    context.runOnContext(
        v -> {
          draining = true;
          Parts made = parts;
          if (made != null) {
            made.pulls().drain();
            made.streams().all().forEach(this::quiesce);
          }
          told.complete();
        });
    return told.future();
  }

  private void quiesce(Stream stream) {
    stream.window().quiesce();
    parts().book().of(stream.service()).forEach(feed -> feed.quiesce(stream.number()));
  }

  /** A consumer that came when streams of its service were open; one that fetches has its own. */
  private static void attach(ConsumerFeed feed, StreamTable streams) {
    if (feed.consumer().kind().equals(ConsumerBook.HTTP)) {
      return;
    }
    streams
        .of(feed.consumer().owner())
        .forEach(s -> feed.open(s.number(), s.instance(), s.window()));
  }

  /** Groups take turns until none takes anything: what one leaves, another may have. */
  private void vacant(Stream stream) {
    List<ConsumerFeed> feeds = parts().book().of(stream.service());
    boolean more = true;
    while (more) {
      more = false;
      for (ConsumerFeed feed : feeds) {
        more |= feed.fill(stream.number());
      }
    }
  }

  private Parts parts() {
    Parts made = parts;
    if (made == null) {
      throw new IllegalStateException("not started");
    }
    return made;
  }

  private void listen(Parts made) {
    bus.subscribe(AccessNews.SERVICE, this::serviceChanged);
    bus.subscribe(Policies.CHANGED, this::policyChanged);
    bus.subscribe(Subscribers.CHANGED, subscriber -> changed(subscriber, false));
    bus.answer(Subscribers.APPLY, q -> changed(q, true).map(v -> new Subscribers.Applied()));
    bus.answer(Events.PUBLISH, made.desk()::publish);
    bus.answer(Events.OPEN, this::open);
    bus.answer(Events.ANSWER, this::answer);
    bus.answer(Events.CLOSED, this::closed);
    bus.answer(Events.LIST_DEAD, q -> Operators.refusing(() -> made.letters().list(q)));
    bus.answer(Events.REPLAY, made.letters()::replay);
    made.pulls().listen(bus);
    made.operators().listen(bus);
    made.sweeper().start();
  }

  private Future<Void> follow() {
    return bus.request(AccessNews.ALL, new AccessNews.AskAll())
        .onSuccess(all -> all.services().forEach(this::serviceChanged))
        .compose(all -> bus.request(Policies.ALL, new Policies.AskAll()))
        .onSuccess(all -> all.policies().forEach(this::policyChanged))
        .compose(all -> bus.request(Subscribers.ALL, new Subscribers.AskAll()))
        .onSuccess(all -> all.subscribers().forEach(s -> changed(s, false)))
        .onSuccess(all -> parts().gone().start())
        .mapEmpty();
  }

  // ---- what others tell

  private void serviceChanged(AccessNews.ServiceChanged service) {
    Parts made = parts();
    UUID id = service.serviceId();
    boolean before = made.house().gates().isRevoked(id);
    made.house().gates().service(id, service.name(), service.active());
    if (before == service.active()) {
      made.book().policyChanged(id);
      made.pulls().changed(id);
    }
  }

  private void policyChanged(Policies.Policy policy) {
    Parts made = parts();
    made.house().gates().policy(policy);
    made.book().policyChanged(policy.serviceId());
    made.pulls().changed(policy.serviceId());
  }

  private Future<Void> changed(Subscriber subscriber, boolean byRegistration) {
    Parts made = parts();
    made.house().gates().declared(subscriber);
    Set<UUID> before = made.book().sessions(subscriber.serviceId());
    return made.book()
        .change(subscriber, byRegistration)
        .onSuccess(v -> sessionsEnded(made, subscriber.serviceId(), before))
        .onFailure(
            e ->
                LOG.warn(
                    "subscriptions not applied service={} reason={}",
                    subscriber.name(),
                    e.toString()));
  }

  private static boolean hasSession(ConsumerBook book, Stream stream) {
    Instance instance = book.instance(stream.service(), stream.instance());
    return instance != null && instance.session();
  }

  /** A stream whose session ended gets nothing new, and ends a little later (wire.md 5). */
  private void sessionsEnded(Parts made, UUID service, Set<UUID> before) {
    for (UUID instance : before) {
      Instance now = made.book().instance(service, instance);
      if (now == null || !now.session()) {
        made.book().of(service).forEach(feed -> feed.sessionEnded(instance));
        made.house().after(STREAM_WITHOUT_SESSION_MILLIS, () -> endWithoutSession(made, instance));
      }
    }
  }

  private static void endWithoutSession(Parts made, UUID instance) {
    List<Stream> orphans =
        made.streams().all().stream()
            .filter(s -> s.instance().equals(instance) && !hasSession(made.book(), s))
            .toList();
    made.streams().end(orphans, StatusCode.UNAVAILABLE.number(), "the control session ended");
  }

  // ---- streams

  /** Another stream of the instance is replaced when its connection is dead (events.md 6.1.3). */
  private Future<Heard> open(Open q) {
    StreamTable streams = parts().streams();
    Stream before = streams.ofInstance(q.instanceId());
    return before == null
        ? Future.succeededFuture(opened(q))
        : streams
            .isAlive(before)
            .compose(alive -> alive ? Future.succeededFuture(opened(q)) : replace(before, q));
  }

  private Future<Heard> replace(Stream dead, Open q) {
    LOG.info("subscribe stream replaced, its connection is dead instance={}", dead.instance());
    parts()
        .streams()
        .end(List.of(dead), StatusCode.UNAVAILABLE.number(), "the connection does not answer");
    lost(dead);
    return open(q);
  }

  /** ALREADY_EXISTS while there is another of the instance. */
  private Heard opened(Open q) {
    Parts made = parts();
    Stream stream = made.streams().open(q);
    if (draining) {
      stream.window().quiesce();
    }
    made.book()
        .of(q.serviceId())
        .forEach(feed -> feed.open(stream.number(), stream.instance(), stream.window()));
    LOG.info(
        "subscribe stream open instance={} service={} max_in_flight={}",
        q.instanceId(),
        made.house().gates().name(q.serviceId()),
        stream.maxInFlight());
    return new Heard();
  }

  /** Deliveries do not reach it any more. */
  private void lost(Stream stream) {
    var unused = closed(new Closed(stream.key(), stream.instance(), true));
  }

  private Future<Heard> closed(Closed q) {
    Parts made = parts();
    Stream stream = made.streams().find(q.stream());
    if (stream != null && q.gone()) {
      made.streams().remove(q.stream());
      boolean sessionEnded = !hasSession(made.book(), stream);
      made.book().of(stream.service()).forEach(feed -> feed.close(stream.number(), sessionEnded));
    } else if (stream != null) {
      quiesce(stream);
    }
    return Future.succeededFuture(new Heard());
  }

  private Future<Heard> answer(Answers q) {
    Parts made = parts();
    Stream stream = made.streams().find(q.stream());
    Set<ConsumerFeed> touched = new HashSet<>();
    for (Answer answer : q.answers()) {
      ConsumerFeed feed = made.house().feeds().get(DeliveryId.consumer(answer.delivery()));
      if (stream == null || feed == null) {
        made.house().metrics().answered(false);
      } else if (!feed.consumer().owner().equals(q.serviceId())) {
        LOG.warn(
            "answer to a delivery of another service instance={} delivery={}",
            q.instanceId(),
            answer.delivery());
      } else {
        feed.answer(stream.number(), answer, DeliveryTokens.parse(epoch, answer.token()));
        touched.add(feed);
      }
    }
    touched.forEach(ConsumerFeed::settle);
    return Future.succeededFuture(new Heard());
  }
}
