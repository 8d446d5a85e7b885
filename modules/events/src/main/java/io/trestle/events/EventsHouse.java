package io.trestle.events;

import io.trestle.conversations.Events.Delivery;
import io.trestle.events.ConsumerStore.Consumer;
import io.trestle.events.ConsumerStore.Troubled;
import io.trestle.events.DeadStore.Dead;
import io.trestle.events.core.Burial;
import io.trestle.events.core.DispatchRules;
import io.trestle.events.core.FanOut;
import io.trestle.events.core.FanOut.Target;
import io.trestle.events.core.Handout;
import io.trestle.events.core.MemoryPool;
import io.trestle.events.core.Trouble;
import io.trestle.kernel.ModuleContext;
import io.trestle.kernel.pipeline.StatementKind;
import io.trestle.kernel.pipeline.WriteFailure;
import io.trestle.kernel.pipeline.WritePipeline;
import io.trestle.kernel.settings.EventSettings;
import io.trestle.kernel.settings.RpcSettings;
import io.trestle.kernel.settings.SettingKey;
import io.trestle.kernel.settings.Settings;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the parts of this module share: stores, settings, the order of commits, the consumers by
 * number. Thread: the owner's event loop, but for what comes from the kernel.
 */
final class EventsHouse {
  private static final Logger LOG = LoggerFactory.getLogger(EventsHouse.class);
  private static final long LEAST_RECENT_BYTES = 1 << 20;
  private static final long RECENT_BYTES = 16 << 20;
  private static final int FORGET_EVERY = 64;
  private static final long RETRY_MILLIS = 500;
  private static final long LEAST_PAGE_BYTES = 256 << 10;
  private static final long ANSWER_TTL_MILLIS = Duration.ofHours(25).toMillis();

  private final ModuleContext context;
  private final Context owner;
  private final LogStore log;
  private final DeadStore dead;
  private final ConsumerStore consumers;
  private final EventMetrics metrics;
  private final EventGates gates = new EventGates();
  private final FanOut fanOut;
  private final Map<Integer, ConsumerFeed> feeds = new HashMap<>();
  private final Map<Integer, Long> announced = new HashMap<>();
  private final CommitOrder order;
  private final RecentEvents recent;
  private final MemoryPool memory = new MemoryPool(Runtime.getRuntime().maxMemory() / 4);
  private final MemoryPool.Share pages = memory.join(() -> {});
  private final Ledger ledger;
  private final Troubles troubles;
  private final WatchDesk watches;
  private final Burials burials;
  private final List<Settings.Subscription> followed = new ArrayList<>();
  private DispatchRules rules;
  private boolean stopping;
  private int untilForgotten;
  private final Outgoing outgoing;

  EventsHouse(ModuleContext context, Context owner, long head, Outgoing outgoing) {
    this.context = context;
    this.owner = owner;
    this.outgoing = outgoing;
    this.log = new LogStore(context.database().pool());
    this.dead = new DeadStore(context.database().pool());
    this.consumers = new ConsumerStore(context.database().pool());
    this.metrics = new EventMetrics(context.meters());
    this.fanOut = new FanOut(this::unevaluable);
    this.order = new CommitOrder(head, this::committed);
    this.recent = new RecentEvents(head, LEAST_RECENT_BYTES, RECENT_BYTES);
    this.ledger = new Ledger(context.vertx(), context.pipeline(), order::head, metrics::flushed);
    this.troubles = new Troubles(context.pipeline(), task -> after(RETRY_MILLIS, task));
    this.watches = new WatchDesk(this);
    this.burials = new Burials(this::bury, this::after);
    this.rules = readRules();
    followRules();
  }

  // ---- parts

  LogStore log() {
    return log;
  }

  DeadStore dead() {
    return dead;
  }

  ConsumerStore consumers() {
    return consumers;
  }

  EventMetrics metrics() {
    return metrics;
  }

  EventGates gates() {
    return gates;
  }

  FanOut fanOut() {
    return fanOut;
  }

  CommitOrder order() {
    return order;
  }

  RecentEvents recent() {
    return recent;
  }

  /** Where events of all consumers wait. */
  MemoryPool memory() {
    return memory;
  }

  /**
   * Takes memory for a page that is to be read, and says how many bytes of payloads it may have: so
   * that many consumers that read at once do not fill the memory with what is on its way.
   */
  long reservePage() {
    long bytes = Math.min(LogStore.PAGE_BYTES, Math.max(LEAST_PAGE_BYTES, memory.free() / 4));
    pages.add(bytes);
    return bytes;
  }

  /** The page is there. */
  void releasePage(long bytes) {
    pages.add(-bytes);
  }

  Ledger ledger() {
    return ledger;
  }

  Troubles troubles() {
    return troubles;
  }

  WatchDesk watches() {
    return watches;
  }

  Burials burials() {
    return burials;
  }

  /** What metrics call a consumer: its service, and its group if it has one. */
  String label(Consumer consumer) {
    String service = gates.name(consumer.owner());
    return consumer.group().isEmpty() ? service : service + "/" + consumer.group();
  }

  WritePipeline pipeline() {
    return context.pipeline();
  }

  Map<Integer, ConsumerFeed> feeds() {
    return feeds;
  }

  RandomGenerator random() {
    return ThreadLocalRandom.current();
  }

  long now() {
    return context.clock().millis();
  }

  long head() {
    return order.head();
  }

  ModuleContext context() {
    return context;
  }

  /** Every delivery up to here ended. */
  long floor() {
    long floor = head();
    for (ConsumerFeed feed : feeds.values()) {
      floor = Math.min(floor, feed.progress().floor());
    }
    return floor;
  }

  // ---- settings

  int maxEventBytes() {
    return settings().get(EventSettings.MAX_EVENT_BYTES);
  }

  /** Deliveries that may be pending at a consumer; 0 for any number. */
  int maxPending() {
    return settings().get(EventSettings.MAX_PENDING_PER_SUBSCRIBER);
  }

  long keyTtlMillis() {
    return settings().get(RpcSettings.IDEMPOTENCY_EVENT_TTL).toMillis();
  }

  /** The rules of now; a change of a setting makes new ones. */
  Supplier<DispatchRules> rules() {
    return () -> rules;
  }

  private DispatchRules readRules() {
    return new DispatchRules(
        settings().get(EventSettings.VISIBILITY_TIMEOUT).toMillis(),
        settings().get(EventSettings.MAX_ATTEMPTS),
        settings().get(EventSettings.BACKOFF_LADDER).stream().map(Duration::toMillis).toList(),
        settings().get(EventSettings.ORPHAN_GRACE).toMillis(),
        settings().get(EventSettings.OFFLINE_DLQ_AFTER).toMillis());
  }

  private void followRules() {
    for (SettingKey<?> key :
        List.of(
            EventSettings.VISIBILITY_TIMEOUT,
            EventSettings.MAX_ATTEMPTS,
            EventSettings.BACKOFF_LADDER,
            EventSettings.ORPHAN_GRACE,
            EventSettings.OFFLINE_DLQ_AFTER)) {
      followed.add(settings().onChange(key, v -> owner.runOnContext(w -> rulesChanged())));
    }
  }

  private void rulesChanged() {
    rules = readRules();
    feeds.values().forEach(ConsumerFeed::settle);
  }

  /** Whether this is an orderly end: nothing is handed out any more. */
  boolean isStopping() {
    return stopping;
  }

  /** Stops following settings; what is stored from now on is the last. */
  void close() {
    stopping = true;
    feeds.values().forEach(ledger::moved);
    followed.forEach(Settings.Subscription::close);
  }

  private Settings settings() {
    return context.settings();
  }

  // ---- time

  long after(long millis, Runnable task) {
    return context.vertx().setTimer(Math.max(1, millis), id -> owner.runOnContext(v -> task.run()));
  }

  /** After this turn of the event loop. */
  void soon(Runnable task) {
    owner.runOnContext(v -> task.run());
  }

  void cancel(long timer) {
    context.vertx().cancelTimer(timer);
  }

  // ---- commits

  /**
   * Counts what is about to be written, and says which of it is too much for its consumer: a dead
   * letter from the start (events.md 8.1.3).
   */
  List<Dead> announce(List<Arrival> arrivals) {
    int limit = maxPending();
    List<Dead> over = new ArrayList<>();
    for (Arrival arrival : arrivals) {
      for (Target target : arrival.targets()) {
        ConsumerFeed feed = feeds.get(target.consumer());
        long waiting = announced.merge(target.consumer(), 1L, Long::sum);
        if (feed != null && limit > 0 && feed.pending() + waiting > limit) {
          over.add(tooMuch(feed.consumer(), arrival.event()));
          arrival.skip(target.consumer());
        }
      }
    }
    return over;
  }

  /** One delivery is about to be created. */
  void announced(Target target) {
    announced.merge(target.consumer(), 1L, Long::sum);
  }

  private Dead tooMuch(Consumer consumer, Logged event) {
    return new Dead(
        context.ids().next(),
        consumer.number(),
        consumer.owner(),
        event,
        Burial.Reason.SUBSCRIBER_UNAVAILABLE.text(),
        "too many deliveries are pending",
        0,
        0,
        now());
  }

  /** They will not be written. */
  void givenUp(List<Arrival> arrivals) {
    arrivals.forEach(
        arrival -> arrival.targets().forEach(target -> announcedLess(target.consumer())));
  }

  private void announcedLess(int consumer) {
    announced.merge(consumer, -1L, Long::sum);
  }

  private void committed(Arrival arrival) {
    recent.add(arrival.event(), now());
    if (arrival.fresh()) {
      metrics.accepted(arrival.event().event().name());
      watches.committed(arrival);
    }
    for (Target target : arrival.targets()) {
      announcedLess(target.consumer());
      ConsumerFeed feed = feeds.get(target.consumer());
      if (feed == null) {
        continue;
      }
      if (arrival.skips(target.consumer())) {
        feed.skipped(arrival.event());
        metrics.buried(target.consumer());
        feed.meters().dead(arrival.event().event().name());
      } else {
        feed.committed(arrival.event(), target.match());
      }
    }
    forgetRead();
  }

  /** Now and then, the more seldom the more consumers have to be asked. */
  private void forgetRead() {
    if (--untilForgotten <= 0) {
      untilForgotten = Math.max(FORGET_EVERY, feeds.size());
      recent.forget(feeds.values().stream().mapToLong(ConsumerFeed::readTo).min().orElse(head()));
    }
  }

  private void unevaluable(UUID publisher, String name) {
    metrics.unevaluable(gates.name(publisher), name);
  }

  void keepAnswer(UUID service, UUID envelope, int status) {
    pipeline()
        .submit(
            LogStore.KEEP_ANSWER,
            new LogStore.Answered(service, envelope, status, now() + ANSWER_TTL_MILLIS))
        .onFailure(e -> LOG.debug("answer not kept event={} reason={}", envelope, e.toString()));
  }

  // ---- deliveries

  /** Sends a hand-out to its stream, with the others of this turn. */
  void deliver(int consumer, Handout<Logged> handout) {
    outgoing.send(handout.stream(), delivery(consumer, handout));
  }

  /** A hand-out as it is told to whom it is for. */
  Delivery delivery(int consumer, Handout<Logged> handout) {
    Logged event = handout.event();
    metrics.handedOut();
    return new Delivery(
        DeliveryId.of(consumer, handout.position()),
        event.event(),
        handout.attempt(),
        handout.token(),
        handout.patterns(),
        event.traceUnder(context.ids().next()));
  }

  /** Where deliveries go. */
  @FunctionalInterface
  interface Outgoing {
    void send(long stream, Delivery delivery);
  }

  /** Stores the state of a delivery in trouble. */
  void keepTrouble(int consumer, long position, Trouble trouble) {
    troubles.keep(new Troubled(consumer, position, trouble));
  }

  /**
   * Stores a row, again and again until that succeeds. It fails when PostgreSQL refuses the row and
   * no earlier try can have been committed: that would go on for ever.
   */
  <R> Future<Void> untilDone(StatementKind<R> kind, R row) {
    Promise<Void> done = Promise.promise();
    attempt(kind, row, false, done);
    return done.future();
  }

  private <R> void attempt(StatementKind<R> kind, R row, boolean maybeWritten, Promise<Void> done) {
    pipeline()
        .submit(kind, row)
        .onSuccess(v -> done.complete())
        .onFailure(
            e -> {
              WriteFailure failure = e instanceof WriteFailure known ? known : null;
              boolean refused = failure != null && failure.code() == WriteFailure.Code.REJECTED;
              if (refused) {
                LOG.warn(
                    "row refused by the database (mend what it says, then try again) kind={}"
                        + " reason={}",
                    kind.name(),
                    e.toString());
              } else {
                LOG.debug("not stored yet kind={} reason={}", kind.name(), e.toString());
              }
              if (refused && !maybeWritten) {
                done.fail(e);
                return;
              }
              boolean maybe = maybeWritten || failure == null || failure.code().maybeWritten();
              after(RETRY_MILLIS, () -> attempt(kind, row, maybe, done));
            });
  }

  /** The event of a position of a consumer. Never completes in this turn. */
  Future<Optional<Logged>> find(Consumer consumer, long position) {
    ConsumerFeed feed = feeds.get(consumer.number());
    Integer[] numbers =
        feed == null
            ? new Integer[0]
            : feed.known().stream().map(s -> s.number()).toArray(Integer[]::new);
    return log.at(consumer.number(), List.of(position), numbers, LogStore.PAGE_BYTES)
        .map(found -> found.stream().findFirst());
  }

  /** Stores a dead letter, or fails; one whose event does not exist is only told of. */
  private Future<Void> bury(Burials.Grave grave) {
    return letter(grave)
        .compose(
            letter -> {
              if (letter.isEmpty()) {
                Burials.warnMissing(grave.consumer, grave.burial.position());
                return Future.succeededFuture();
              }
              return pipeline()
                  .submit(DeadStore.BURY, letter.get())
                  .onSuccess(v -> metrics.buried(grave.consumer.number()));
            });
  }

  private Future<Optional<Dead>> letter(Burials.Grave grave) {
    Dead made = grave.letter;
    if (made != null) {
      return Future.succeededFuture(Optional.of(made));
    }
    Logged event = grave.burial.event();
    return event != null
        ? letter(grave, event).map(Optional::of)
        : find(grave.consumer, grave.burial.position())
            .compose(
                found ->
                    found.isPresent()
                        ? letter(grave, found.get()).map(Optional::of)
                        : Future.succeededFuture(Optional.empty()));
  }

  private Future<Dead> letter(Burials.Grave grave, Logged event) {
    return dead.find(new Integer[] {grave.consumer.number()}, event.id())
        .map(before -> letter(grave, event, before));
  }

  /** What an earlier life of it counted is added. */
  private Dead letter(Burials.Grave grave, Logged event, Optional<DeadStore.Stored> before) {
    Consumer consumer = grave.consumer;
    Dead letter =
        new Dead(
            context.ids().next(),
            consumer.number(),
            consumer.owner(),
            event,
            grave.burial.reason().text(),
            grave.burial.error(),
            grave.burial.attempts() + before.map(DeadStore.Stored::attempts).orElse(0),
            before.map(DeadStore.Stored::replays).orElse(0),
            now());
    grave.letter = letter;
    LOG.info(
        "dead letter consumer={} event={} name={} reason={} attempts={}",
        gates.name(consumer.owner()),
        event.id(),
        event.event().name(),
        letter.reason(),
        letter.attempts());
    return letter;
  }
}
