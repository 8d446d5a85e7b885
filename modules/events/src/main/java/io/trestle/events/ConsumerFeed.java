package io.trestle.events;

import io.trestle.conversations.Events.Ack;
import io.trestle.conversations.Events.Answer;
import io.trestle.conversations.Events.Nack;
import io.trestle.events.ConsumerStore.Progress;
import io.trestle.events.core.Aftermath;
import io.trestle.events.core.Burial;
import io.trestle.events.core.DispatchActions;
import io.trestle.events.core.DispatchRules;
import io.trestle.events.core.Dispatcher;
import io.trestle.events.core.Handout;
import io.trestle.events.core.Match;
import io.trestle.events.core.Member;
import io.trestle.events.core.Pending;
import io.trestle.events.core.Positions;
import io.trestle.events.core.Subscription;
import io.trestle.events.core.Trouble;
import io.trestle.events.core.Window;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One consumer at work: it gives its {@link Dispatcher} what {@link LogReader} and {@link Fetcher}
 * bring, and keeps account of how far it is.
 *
 * <p>Account. {@code pending} counts the deliveries that are not finished, in memory or not. What
 * is stored is everything up to the position that was read, without what the dispatcher still has
 * (its outstanding positions), and with what was finished above it before a restart.
 *
 * <p>Thread: the owner's event loop.
 */
final class ConsumerFeed implements DispatchActions<Logged>, Ledger.Account {
  private static final Logger LOG = LoggerFactory.getLogger(ConsumerFeed.class);

  /**
   * Ranges of finished positions that are stored. Only a consumer with more gaps than that, each a
   * delivery that is open, gets some again after a crash; it must not write megabytes ten times a
   * second for that.
   */
  static final int MOST_RANGES = 10_000;

  private final ConsumerStore.Consumer consumer;
  private final EventsHouse house;
  private final Dispatcher<Logged> dispatcher;
  private final DeliveryMeters meters;
  private final OwnSubscriptions subscriptions = new OwnSubscriptions();
  private final LogReader reader;
  private final Fetcher fetcher;
  private final Map<Long, Trouble> troubles = new HashMap<>();
  private final Map<Long, UUID> keyedOut = new HashMap<>();
  private final Map<Long, UUID> streams = new HashMap<>();
  private Consumer<Handout<Logged>> way;
  private final OwnRules rules;
  private Aftermath aftermath = Aftermath.none();
  private List<Subscription> effective = List.of();
  private long offlineSince;
  private long pending;
  private boolean dissolved;
  private boolean mayHandle = true;
  private long wakeAt = Long.MAX_VALUE;
  private long timer = -1;

  ConsumerFeed(ConsumerStore.Consumer consumer, EventsHouse house) {
    this.consumer = consumer;
    this.house = house;
    this.rules = new OwnRules(house.rules());
    this.dispatcher = new Dispatcher<>(this, rules::get, house.random(), house.memory());
    this.way = handout -> house.deliver(consumer.number(), handout);
    this.meters = new DeliveryMeters(house.metrics(), () -> house.label(consumer));
    Progress progress = consumer.progress();
    this.reader = new LogReader(consumer, house, subscriptions, new Reading());
    this.fetcher = new Fetcher(Fetcher.log(consumer, house, subscriptions), new Fetching());
    this.pending = progress.pending();
    this.offlineSince = progress.offlineSince();
    if (offlineSince > 0) {
      dispatcher.offlineSince(offlineSince);
    }
  }

  ConsumerStore.Consumer consumer() {
    return consumer;
  }

  // ---- rules

  /** Rules of its own instead of those of the house. */
  void tune(UnaryOperator<DispatchRules> with) {
    rules.tune(with);
    settle();
  }

  // ---- recovery

  void restoreTrouble(long position, Trouble trouble) {
    troubles.put(position, trouble);
  }

  /** A position after the checkpoint is one of its deliveries. */
  void restorePending() {
    pending++;
  }

  /** A position is finished although the stored progress does not say so: it is a dead letter. */
  void restoreFinished(long position) {
    if (reader.finish(position)) {
      pending--;
    }
  }

  /** Everything stored was told. */
  void restored(long head) {
    String holders = consumer.progress().holders();
    long visibility = house.rules().get().visibilityMillis();
    aftermath = Holders.aftermath(holders, head, visibility, house.now());
    if (pending <= 0) {
      pending = 0;
      reader.startAt(head);
    }
  }

  // ---- who consumes

  void learn(Subscription subscription) {
    subscriptions.learn(subscription);
  }

  @Nullable Subscription subscription(String pattern, String filter) {
    return subscriptions.find(pattern, filter);
  }

  /** Instances and effective subscriptions, as {@link Dispatcher#members} takes them. */
  void members(List<Member> live, List<Subscription> effective, boolean byRegistration) {
    long before = offlineSince;
    if (!live.isEmpty()) {
      offlineSince = 0;
    } else if (offlineSince == 0) {
      offlineSince = house.now();
    }
    if (before != offlineSince) {
      house.ledger().moved(this);
    }
    this.effective = effective;
    dispatcher.members(live, effective, byRegistration, house.now());
    settle();
  }

  /** Its service is no more, as {@link Dispatcher#dissolve} takes it. */
  void dissolve(Burial.Reason reason, String error) {
    dissolved = true;
    offlineSince = 0;
    dispatcher.dissolve(reason, error, house.now());
    settle();
  }

  void mayHandle(boolean may) {
    mayHandle = may;
    dispatcher.paused(!may, house.now());
    settle();
  }

  /** A stream of an instance, whose window is shared with the other consumers of its service. */
  void open(long stream, UUID instance, Window window) {
    streams.put(stream, instance);
    house.ledger().moved(this);
    dispatcher.open(stream, instance, window, house.now());
    if (window.isQuiesced()) {
      dispatcher.quiesce(stream);
    }
    aftermath.back(instance).forEach(position -> dispatcher.hasten(position, house.now()));
    settle();
  }

  /**
   * Deliveries are fetched from now on. That somebody fetches says nothing of who held what before
   * a restart: what waits for the end of its lease goes on waiting.
   *
   * @param to where hand-outs go; called within calls of this feed, and must not call it back
   */
  void openPulled(long stream, UUID instance, int maxInFlight, Consumer<Handout<Logged>> to) {
    way = to;
    streams.put(stream, instance);
    house.ledger().moved(this);
    dispatcher.openPulled(stream, instance, maxInFlight, house.now());
    settle();
  }

  /** How many deliveries are wanted now, as {@link Dispatcher#demand} takes it. */
  void demand(long stream, int maxInFlight, int wanted) {
    dispatcher.demand(stream, maxInFlight, wanted, house.now());
    settle();
  }

  /** A delivery did not reach anybody. */
  void unsent(long stream, long position, long token) {
    dispatcher.unsent(stream, position, token, house.now());
  }

  /** Takes what another consumer of the stream has left; whether there was something. */
  boolean fill(long stream) {
    boolean took = dispatcher.fill(stream, house.now());
    settle();
    return took;
  }

  void quiesce(long stream) {
    dispatcher.quiesce(stream);
  }

  void close(long stream, boolean sessionEnded) {
    streams.remove(stream);
    house.ledger().moved(this);
    dispatcher.close(stream, sessionEnded, house.now());
    settle();
  }

  void sessionEnded(UUID instance) {
    dispatcher.sessionEnded(instance, house.now());
    settle();
  }

  // ---- the log

  /** An event of this consumer was committed. Told in order. */
  void committed(Logged event, Match match) {
    pending++;
    house.ledger().moved(this);
    reader.committed(event, match, dispatcher.streams() > 0);
    settle();
  }

  /** It is finished before it was ever handed out: the limit of pending deliveries. */
  void skipped(Logged event) {
    house.ledger().moved(this);
    reader.skipped(event.position());
  }

  private void offer(Logged event, Match match) {
    Trouble trouble = trouble(event);
    dispatcher.offer(
        new Pending<>(
            event.position(),
            event.event().partitionKey(),
            match,
            event.createdAt(),
            event.bytes(),
            event,
            trouble),
        house.now());
  }

  private Trouble trouble(Logged event) {
    Trouble stored = troubles.isEmpty() ? null : troubles.remove(event.position());
    Trouble trouble = stored == null ? Trouble.NONE : stored;
    long until =
        aftermath.waits(
            event.position(), event.event().partitionKey(), trouble.dueAt(), house.now());
    return until <= trouble.dueAt()
        ? trouble
        : new Trouble(
            trouble.attempts(), trouble.losses(), until, trouble.error(), trouble.avoid());
  }

  /** What is read goes to the dispatcher. */
  private final class Reading implements LogReader.Owner {
    @Override
    public int room() {
      return dispatcher.room();
    }

    @Override
    public int waiting() {
      return dispatcher.waiting();
    }

    /** Also when all seems to be done: the count is no proof, the end of the log is. */
    @Override
    public boolean wantsMore() {
      return dispatcher.streams() > 0 || dissolved || expires() || pending <= 0;
    }

    @Override
    public void take(Logged event, Match match) {
      offer(event, match);
    }

    @Override
    public void atEnd() {
      reconcile();
    }

    @Override
    public void settle() {
      ConsumerFeed.this.settle();
    }
  }

  /** Everything is read, so what the dispatcher has is all there is. */
  private void reconcile() {
    long known = dispatcher.outstandingCount();
    if (pending != known) {
      LOG.warn("pending corrected consumer={} was={} is={}", consumer.number(), pending, known);
      pending = known;
      house.ledger().moved(this);
    }
  }

  private boolean expires() {
    return mayHandle && offlineSince > 0 && house.now() - offlineSince >= leastPatience();
  }

  /** The shortest time that a delivery may wait while nobody lives. */
  private long leastPatience() {
    DispatchRules now = rules.get();
    long least = now.offlineMillis() > 0 ? now.offlineMillis() : Long.MAX_VALUE;
    for (Subscription subscription : effective) {
      least = Math.min(least, subscription.patience(now));
    }
    return least;
  }

  // ---- answers

  /** An instance answered; completes with whether that counted. */
  boolean answer(long stream, Answer answer, long token) {
    long position = DeliveryId.position(answer.delivery());
    boolean given = !answer.token().isEmpty();
    boolean counted =
        answer instanceof Nack nack
            ? dispatcher.nack(
                stream,
                position,
                token,
                given,
                new io.trestle.events.core.Nack(
                    nack.error(), nack.retryAfterMillis(), nack.reject()),
                house.now())
            : answer instanceof Ack && dispatcher.ack(stream, position, token, given, house.now());
    house.metrics().answered(counted);
    return counted;
  }

  // ---- what the dispatcher decides

  @Override
  public void handOut(Handout<Logged> handout) {
    if (!handout.event().event().partitionKey().isEmpty()) {
      keyedOut.put(handout.position(), handout.instance());
      house.ledger().moved(this);
    }
    long now = house.now();
    meters.handedOut(handout.position(), handout.event().event().name(), now);
    if (handout.attempt() == 1) {
      meters.first(house.recent().committedAt(handout.event()), now);
    }
    way.accept(handout);
  }

  @Override
  public void finished(long position) {
    keyedOut.remove(position);
    meters.ended(position, DeliveryMeters.Ending.SUCCESS, house.now());
    pending--;
    house.ledger().moved(this);
  }

  @Override
  public void store(long position, Trouble trouble) {
    keyedOut.remove(position);
    meters.ended(position, DeliveryMeters.Ending.RETRY, house.now());
    house.keepTrouble(consumer.number(), position, trouble);
  }

  @Override
  public void unsent(long position) {
    keyedOut.remove(position);
    meters.unsent(position);
    house.ledger().moved(this);
  }

  @Override
  public void bury(Burial<Logged> burial) {
    keyedOut.remove(burial.position());
    meters.ended(burial.position(), DeliveryMeters.Ending.DEAD, house.now());
    house.burials().add(consumer, burial, this::buried);
  }

  private void buried(Burials.Grave grave) {
    if (grave.letter != null) {
      meters.dead(grave.letter.event().event().name());
    }
    pending--;
    house.ledger().moved(this);
    dispatcher.buried(grave.burial.position(), house.now());
    settle();
  }

  @Override
  public void fetch(long position) {
    fetcher.fetch(position);
  }

  /** Others hold less. It is called out of their turn, so ours comes later. */
  @Override
  public void vacant() {
    house.soon(this::settle);
  }

  /** What is fetched too. */
  private final class Fetching implements Fetcher.Taker {
    @Override
    public void fetched(long position, Optional<Logged> event) {
      ConsumerFeed.this.fetched(position, event);
    }

    @Override
    public void settle() {
      ConsumerFeed.this.settle();
    }
  }

  private void fetched(long position, Optional<Logged> found) {
    if (found.isPresent()) {
      Logged event = found.get();
      dispatcher.fetched(position, event, event.bytes(), house.now());
    } else if (dispatcher.missing(position, house.now())) {
      Burials.warnMissing(consumer, position);
      keyedOut.remove(position);
      pending--;
      house.ledger().moved(this);
    }
  }

  // ---- time

  /** After anything was done: reads on, and wakes up in time. */
  void settle() {
    reader.readMore();
    long next = dispatcher.nextTick();
    if (offlineSince > 0 && pending > 0 && !expires()) {
      long limit = leastPatience();
      next = limit == Long.MAX_VALUE ? next : Math.min(next, offlineSince + limit);
    }
    if (next < wakeAt) {
      house.cancel(timer);
      wakeAt = next;
      timer = house.after(Math.max(1, next - house.now()), this::wake);
    }
  }

  private void wake() {
    wakeAt = Long.MAX_VALUE;
    dispatcher.tick(house.now());
    settle();
  }

  // ---- account

  /** What is stored. */
  @Override
  public Progress progress() {
    long upTo = reader.readTo();
    long[] outstanding = dispatcher.outstanding();
    long floor = outstanding.length == 0 ? upTo : Math.min(upTo, outstanding[0] - 1);
    Positions positions = Positions.finished(floor, upTo, outstanding, MOST_RANGES);
    reader.finishedAhead().stream()
        .limit(MOST_RANGES)
        .forEach(r -> positions.addRange(r.from(), r.to()));
    return new Progress(
        consumer.number(),
        positions.floor(),
        positions.multirange(),
        pending,
        offlineSince,
        Holders.text(keyedOut, house.isStopping() ? List.of() : streams.values(), house.now()));
  }

  /** Whether a position of ours is still to be handled. */
  boolean isUnfinished(long position) {
    return reader.isUnread(position) || dispatcher.isOutstanding(position);
  }

  long pending() {
    return pending;
  }

  /** Since when nobody lives; 0 while somebody does. */
  long offlineSince() {
    return offlineSince;
  }

  /** Position up to which the log was read; what is behind it may be unread. */
  long readTo() {
    return reader.readTo();
  }

  DeliveryMeters meters() {
    return meters;
  }

  Dispatcher<Logged> dispatcher() {
    return dispatcher;
  }

  /** What its live instances subscribe to, or the last ones did. */
  List<Subscription> effective() {
    return effective;
  }

  List<Subscription> known() {
    return subscriptions.all();
  }
}
