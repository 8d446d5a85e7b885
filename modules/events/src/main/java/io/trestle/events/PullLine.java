package io.trestle.events;

import io.trestle.conversations.Events.Ack;
import io.trestle.conversations.Events.Answer;
import io.trestle.conversations.Events.Delivery;
import io.trestle.conversations.HttpSubscriptions.Taken;
import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.events.PullStore.Tuning;
import io.trestle.events.core.DispatchRules;
import io.trestle.events.core.Handout;
import io.trestle.events.core.Member;
import io.trestle.events.core.Subscription;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One consumer that fetches its events: who waits for some, and what goes to whom.
 *
 * <p>To the dispatcher it is one instance with one stream that gets what it asks for, and it asks
 * for what the waiting polls have room for. So a lease begins when an event goes into an answer,
 * never while it lies about. What is handed out in one turn of the event loop goes out together, up
 * to {@link #ANSWER_BYTES}; the rest goes back as if it had not been handed out.
 *
 * <p>While nobody fetches there is neither instance nor stream: like a service that is away it only
 * counts, keeps nothing in memory, and grows old (events.md 8.1.2). It comes with the first poll
 * and goes a minute after the last one, when nothing is out any more. One that was deleted is there
 * without any pattern until all that waited for it is a dead letter.
 *
 * <p>Thread: the owner's event loop.
 */
final class PullLine {
  static final int ANSWER_BYTES = 4 << 20;
  static final int POLLS = 64;
  static final String TOKEN_REVOKED = "the token was revoked";
  private static final long STREAM = 1;
  private static final long IDLE_MILLIS = 60_000;
  private static final long CHECK_MILLIS = 5_000;

  /** As long as an event that is there already may take to be read. */
  private static final long READ_MILLIS = 500;

  private final EventsHouse house;
  private final ConsumerBook book;
  private final ConsumerFeed feed;
  private final String epoch;
  private final UUID instance;
  private final List<Poll> polls = new ArrayList<>();

  /** Handed out although no poll had room; they go back, which must not be done from within. */
  private final List<Taken> homeless = new ArrayList<>();

  private @Nullable Tuning tuning;
  private boolean here;
  private boolean flushing;
  private long lastAsked;

  PullLine(EventsHouse house, ConsumerBook book, ConsumerFeed feed) {
    this.house = house;
    this.book = book;
    this.feed = feed;
    this.epoch = DeliveryTokens.prefix(house.context().kernel().epoch());
    this.instance = new UUID(0x7000L, 0x8001_0000_0000_0000L | feed.consumer().number());
  }

  private static final class Poll {
    final UUID id;
    final UUID token;
    final int max;
    final Promise<List<Taken>> answer = Promise.promise();
    final List<Taken> got = new ArrayList<>();
    long timer = -1;

    Poll(UUID id, UUID token, int max) {
      this.id = id;
      this.token = token;
      this.max = max;
    }

    int room() {
      return max - got.size();
    }
  }

  ConsumerFeed feed() {
    return feed;
  }

  /** Null for one that was deleted. */
  @Nullable Tuning tuning() {
    return tuning;
  }

  /** Who fetches, as operators see it; empty while nobody does. */
  List<UUID> instances() {
    return here ? List.of(instance) : List.of();
  }

  int taken() {
    return feed.dispatcher().taken(STREAM);
  }

  // ---- what it is

  /** It is like this now, as stored. */
  void define(@Nullable Tuning as) {
    tuning = as;
    if (as == null) {
      refuseAll(Reason.NOT_FOUND, "the subscription was deleted");
      retire();
      return;
    }
    feed.tune(rules -> tuned(rules, as));
    effect();
    demand();
  }

  private static DispatchRules tuned(DispatchRules rules, Tuning own) {
    return new DispatchRules(
        own.leaseMillis() > 0 ? own.leaseMillis() : rules.visibilityMillis(),
        own.maxAttempts() > 0 ? own.maxAttempts() : rules.maxAttempts(),
        own.retryMillis().isEmpty() ? rules.ladderMillis() : own.retryMillis(),
        rules.orphanGraceMillis(),
        rules.offlineMillis());
  }

  /** The subscriptions, the policy or the state of the service changed. */
  void effect() {
    List<Subscription> wanted = book.effective(feed);
    boolean revoked = house.gates().isRevoked(feed.consumer().owner());
    if (revoked) {
      refuseAll(Reason.UNAUTHENTICATED, "the service is revoked");
    }
    boolean alive = here && (!revoked || tuning == null);
    List<Member> live =
        alive ? List.of(new Member(instance, true, false, wanted)) : List.<Member>of();
    book.effect(feed, live, true);
  }

  private void retire() {
    if (feed.pending() > 0) {
      arrive();
    }
    effect();
  }

  private void arrive() {
    lastAsked = house.now();
    if (!here) {
      here = true;
      effect();
      feed.openPulled(STREAM, instance, maxInFlight(), this::handedOut);
      house.after(CHECK_MILLIS, this::check);
    }
  }

  private int maxInFlight() {
    Tuning known = tuning;
    return known == null ? 1 : known.maxInFlight();
  }

  private void check() {
    boolean done = tuning == null ? feed.pending() == 0 : isIdle();
    if (!done) {
      house.after(CHECK_MILLIS, this::check);
      return;
    }
    here = false;
    feed.close(STREAM, true);
    effect();
  }

  private boolean isIdle() {
    return polls.isEmpty() && house.now() - lastAsked >= IDLE_MILLIS && taken() == 0;
  }

  // ---- polls

  int waiting() {
    return polls.size();
  }

  /** Waits for at most so many events. OVERLOADED when too many wait. */
  Future<List<Taken>> pull(UUID id, UUID token, int max, long waitMillis) {
    if (polls.size() >= POLLS) {
      throw Refused.of(
          Reason.OVERLOADED, "waiting: " + polls.size() + " (expected: fewer than " + POLLS + ")");
    }
    Poll poll = new Poll(id, token, max);
    polls.add(poll);
    arrive();
    demand();
    if (poll.got.isEmpty() && waitMillis == 0 && feed.pending() == 0) {
      end(poll);
    } else {
      poll.timer = house.after(Math.max(waitMillis, READ_MILLIS), () -> end(poll));
    }
    return poll.answer.future();
  }

  /** Says to the dispatcher how much may come. */
  private void demand() {
    if (here) {
      feed.demand(STREAM, maxInFlight(), polls.stream().mapToInt(Poll::room).sum());
    }
  }

  private void handedOut(Handout<Logged> handout) {
    Delivery delivery = house.delivery(feed.consumer().number(), handout);
    Taken taken =
        new Taken(
            delivery.id(),
            DeliveryTokens.text(epoch, delivery.token()),
            delivery.attempt(),
            house.gates().name(handout.event().publisherService()),
            delivery.event());
    polls.stream()
        .filter(poll -> poll.room() > 0)
        .findFirst()
        .ifPresentOrElse(poll -> poll.got.add(taken), () -> homeless.add(taken));
    if (!flushing) {
      flushing = true;
      house.soon(this::flush);
    }
  }

  private void flush() {
    flushing = false;
    if (!homeless.isEmpty()) {
      List<Taken> back = List.copyOf(homeless);
      homeless.clear();
      demand();
      unsent(back);
    }
    for (Poll poll : List.copyOf(polls)) {
      if (!poll.got.isEmpty()) {
        end(poll);
      }
    }
  }

  private void end(Poll poll) {
    if (!polls.remove(poll)) {
      return;
    }
    house.cancel(poll.timer);
    demand();
    List<Taken> answer = new ArrayList<>();
    List<Taken> rest = new ArrayList<>();
    long bytes = 0;
    for (Taken taken : poll.got) {
      bytes += taken.event().payload().length;
      (answer.isEmpty() || (rest.isEmpty() && bytes <= ANSWER_BYTES) ? answer : rest).add(taken);
    }
    unsent(rest);
    poll.answer.complete(List.copyOf(answer));
  }

  private void unsent(List<Taken> deliveries) {
    deliveries.forEach(taken -> unsent(new Ack(taken.delivery(), taken.token())));
    feed.settle();
  }

  /** It did not reach anybody. */
  void unsent(Answer answer) {
    if (isOurs(answer)) {
      feed.unsent(
          STREAM,
          DeliveryId.position(answer.delivery()),
          DeliveryTokens.parse(epoch, answer.token()));
    }
  }

  /** Whoever asked is gone: what was meant for it goes to others. */
  void leave(UUID id) {
    for (Poll poll : List.copyOf(polls)) {
      if (poll.id.equals(id)) {
        polls.remove(poll);
        house.cancel(poll.timer);
        demand();
        unsent(poll.got);
        poll.answer.complete(List.of());
      }
    }
  }

  /** Whoever waits with one of these tokens goes home at once. */
  void revoked(Set<UUID> tokens) {
    refuse(
        polls.stream().filter(poll -> tokens.contains(poll.token)).toList(),
        Reason.UNAUTHENTICATED,
        TOKEN_REVOKED);
  }

  /** Everybody goes home with nothing, and is told why. */
  void refuseAll(Reason reason, String message) {
    refuse(List.copyOf(polls), reason, message);
  }

  private void refuse(List<Poll> refused, Reason reason, String message) {
    polls.removeAll(refused);
    refused.forEach(poll -> house.cancel(poll.timer));
    // nothing is wanted any more before anything goes back, or it would be handed out again
    demand();
    refused.forEach(poll -> unsent(poll.got));
    refused.forEach(poll -> poll.answer.fail(Refused.of(reason, message)));
  }

  // ---- answers

  /** Completes with whether it counted. */
  boolean settle(Answer answer) {
    lastAsked = house.now();
    return isOurs(answer)
        && !answer.token().isEmpty()
        && feed.answer(STREAM, answer, DeliveryTokens.parse(epoch, answer.token()));
  }

  private boolean isOurs(Answer answer) {
    return DeliveryId.consumer(answer.delivery()) == feed.consumer().number();
  }
}
