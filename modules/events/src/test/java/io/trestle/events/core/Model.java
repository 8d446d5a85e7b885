package io.trestle.events.core;

import static org.assertj.core.api.Assertions.fail;

import io.trestle.events.core.Burial.Reason;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The rules of dispatch once more, as simply as they can be said: lists and scans, no queues, no
 * timers. It is told what is done to the dispatcher before that happens, says what must follow
 * ({@link #expected}), and judges every action: what the rules leave open (which of several
 * streams, how much jitter) is taken from the dispatcher after a check.
 */
final class Model extends ModelRules implements DispatchActions<String> {
  final Map<Long, Trouble> stored = new HashMap<>();
  final List<Held> detached = new ArrayList<>();

  /** What streams that fetch did not answer in time; nobody may answer it any more. */
  final List<Held> lapsed = new ArrayList<>();

  final Set<Long> fetching = new LinkedHashSet<>();
  final Map<Long, String> expectedText = new HashMap<>();
  int finished;
  int buried;
  private final Set<Long> tokens = new HashSet<>();
  private long unsent = -1;

  /** Whether slots may be taken by deliveries whose event is being brought, now or before. */
  boolean reservations;

  Model(DispatchRules rules) {
    super(rules);
  }

  // ---- what is done to the dispatcher

  void members(List<Member> members, List<Subscription> wanted, boolean byRegistration) {
    live = members;
    Map<Integer, Subscription> before = effective;
    effective = new LinkedHashMap<>();
    wanted.forEach(s -> effective.put(s.number(), s));
    for (int number : before.keySet()) {
      if (!effective.containsKey(number)) {
        left.put(number, byRegistration ? now : now + rules.orphanGraceMillis());
      }
    }
    left.keySet().removeAll(effective.keySet());
    declared.clear();
    remaining.clear();
    covered.clear();
    offlineSince = !live.isEmpty() ? -1 : offlineSince < 0 ? now : offlineSince;
    changed();
  }

  void paused(boolean value) {
    paused = value;
    changed();
  }

  /** Who consumes has changed. */
  void changed() {
    for (Match match : matches()) {
      boolean partial = open() && !remaining(match).isEmpty() && !anyCovers(match);
      if (!partial) {
        partialSince.remove(match);
      } else {
        partialSince.putIfAbsent(match, now);
      }
      noteUnknown(match);
    }
    partialSince.keySet().retainAll(matches());
    orphans();
  }

  private Set<Match> matches() {
    Set<Match> matches = new LinkedHashSet<>();
    deliveries.values().forEach(d -> matches.add(d.pending.match()));
    return matches;
  }

  private void noteUnknown(Match match) {
    if (open() && remaining(match).isEmpty()) {
      for (int i = 0; i < match.size(); i++) {
        left.putIfAbsent(match.get(i), now + rules.orphanGraceMillis());
      }
    }
  }

  void offer(Pending<String> pending) {
    Delivery delivery = new Delivery(pending);
    deliveries.put(pending.position(), delivery);
    lanes.computeIfAbsent(pending.lane(), l -> new ArrayList<>()).add(delivery);
    noteUnknown(pending.match());
    if (open() && !remaining(pending.match()).isEmpty() && !anyCovers(pending.match())) {
      partialSince.putIfAbsent(pending.match(), now);
    }
    if (orphaned(delivery)) {
      bury(delivery, Reason.ORPHANED_PATTERN, "orphaned_pattern");
    }
    ready();
  }

  boolean answer(Stream stream, long position, long token, boolean given, @Nullable Nack nack) {
    Delivery delivery = deliveries.get(position);
    Held held = delivery == null ? null : delivery.lease != null ? delivery.lease : delivery.late;
    boolean valid =
        held != null
            && held.instance.equals(stream.instance)
            && (given ? held.token == token : held.stream == stream);
    if (!valid || held == null || delivery == null) {
      stream.held.stream()
          .filter(h -> !h.live && h.delivery.pending.position() == position)
          .filter(h -> !given || h.token == token)
          .findFirst()
          .ifPresent(this::release);
      return false;
    }
    boolean wasLive = held.live;
    release(held);
    if (nack == null) {
      expect(position, "finished", "finished"::equals);
      return true;
    }
    if (wasLive) {
      refuse(delivery, held.instance, nack);
    }
    return wasLive;
  }

  /** A stream that fetches could not pass it on. */
  boolean neverSent(Stream stream, long position, long token) {
    Delivery delivery = deliveries.get(position);
    Held held = delivery == null ? null : delivery.lease;
    if (delivery == null
        || held == null
        || held.token != token
        || !held.instance.equals(stream.instance)) {
      return false;
    }
    release(held);
    unsent = position;
    if (orphaned(delivery)) {
      bury(delivery, Reason.ORPHANED_PATTERN, "orphaned_pattern");
    }
    return true;
  }

  void release(Held held) {
    Delivery delivery = held.delivery;
    if (held.stream != null) {
      held.stream.held.remove(held);
    }
    detached.remove(held);
    if (delivery.lease == held) {
      delivery.lease = null;
      delivery.readyAt = -1;
    }
    if (delivery.late == held) {
      delivery.late = null;
    }
  }

  private void refuse(Delivery d, UUID instance, Nack nack) {
    if (nack.reject()) {
      d.trouble = attempt(d.trouble, 0, d.trouble.error(), null);
      bury(d, Reason.REJECTED, nack.error());
    } else if (nack.error().equals("local_overload")
        || nack.error().equals("local delivery concurrency exhausted")) {
      lose(d, now + 1000);
    } else {
      UUID avoid = nack.error().startsWith("no handler") ? instance : null;
      long wait = nack.retryAfterMillis();
      failed(d, nack.error(), avoid, wait);
    }
  }

  private static Trouble attempt(Trouble t, long due, String error, @Nullable UUID avoid) {
    return new Trouble(t.attempts() + 1, t.losses(), due, error, avoid);
  }

  private void failed(Delivery d, String error, @Nullable UUID avoid, long retryAfter) {
    Trouble t = attempt(d.trouble, 0, error, avoid);
    d.trouble = t;
    if (orphaned(d)) {
      bury(d, Reason.ORPHANED_PATTERN, "orphaned_pattern");
    } else if (t.attempts() >= rules.maxAttempts()) {
      bury(d, Reason.MAX_ATTEMPTS, error);
    } else {
      List<Long> ladder = rules.ladderMillis();
      long step = ladder.get(Math.min(t.attempts(), ladder.size()) - 1);
      long lowest = retryAfter >= 0 ? Math.min(86_400_000, retryAfter) : (long) (step * 0.75);
      long highest = retryAfter >= 0 ? lowest : (long) (step * 1.25);
      expectStore(d, t, now + lowest, now + highest);
    }
  }

  void lose(Delivery d, long due) {
    Trouble t = d.trouble;
    Trouble next = new Trouble(t.attempts(), t.losses() + 1, due, t.error(), t.avoid());
    d.trouble = next;
    if (orphaned(d)) {
      bury(d, Reason.ORPHANED_PATTERN, "orphaned_pattern");
    } else if (next.losses() >= 10) {
      bury(d, Reason.MAX_ATTEMPTS, "consumer lost");
    } else {
      expectStore(d, next, due, due);
    }
  }

  private void expectStore(Delivery d, Trouble next, long lowest, long highest) {
    d.trouble =
        new Trouble(next.attempts(), next.losses(), Long.MAX_VALUE, next.error(), next.avoid());
    expect(
        d.pending.position(),
        next + " due " + lowest + ".." + highest,
        o ->
            o instanceof Trouble t
                && t.attempts() == next.attempts()
                && t.losses() == next.losses()
                && t.error().equals(next.error())
                && java.util.Objects.equals(t.avoid(), next.avoid())
                && t.dueAt() >= lowest
                && t.dueAt() <= highest);
  }

  private void bury(Delivery d, Reason reason, String error) {
    d.burying = true;
    d.late = null;
    int attempts = d.trouble.attempts();
    expect(
        d.pending.position(),
        reason + " " + error + " " + attempts,
        o ->
            o instanceof Burial<?> b
                && b.reason() == reason
                && b.error().equals(error)
                && b.attempts() == attempts);
  }

  private void expect(long position, String text, Predicate<Object> check) {
    if (expected.put(position, check) != null) {
      fail("two outcomes for " + position);
    }
    expectedText.put(position, text);
  }

  void close(Stream stream, boolean sessionEnded) {
    streams.remove(stream.id);
    for (Held held : List.copyOf(stream.held)) {
      Delivery d = held.delivery;
      if (held.live && !d.pending.lane().isEmpty() && !sessionEnded) {
        stream.held.remove(held);
        held.stream = null;
        detached.add(held);
      } else {
        release(held);
        if (held.live) {
          lose(d, 0);
        }
      }
    }
    changed();
  }

  void sessionEnded(UUID instance) {
    for (Held held : List.copyOf(detached)) {
      if (held.instance.equals(instance)) {
        release(held);
        lose(held.delivery, 0);
      }
    }
  }

  void tick() {
    for (Delivery d : List.copyOf(deliveries.values())) {
      Held held = d.lease;
      if (held != null && held.expiresAt <= now) {
        if (held.stream == null) {
          release(held);
          lose(d, 0);
        } else if (held.stream.pulled) {
          release(held);
          lapsed.add(held);
          failed(d, "visibility timeout", held.instance, -1);
        } else {
          held.live = false;
          d.lease = null;
          d.late = held;
          d.readyAt = -1;
          failed(d, "visibility timeout", held.instance, -1);
        }
      }
    }
    orphans();
  }

  private void orphans() {
    for (Delivery d : deliveries.values()) {
      if (d.waits() && orphaned(d) && !expected.containsKey(d.pending.position())) {
        bury(d, Reason.ORPHANED_PATTERN, "orphaned_pattern");
      }
    }
  }

  /** Another dispatcher begins; who consumes and what was stored is known. */
  void restart() {
    deliveries.clear();
    lanes.clear();
    streams.clear();
    detached.clear();
    lapsed.clear();
    fetching.clear();
    reservations = false;
    left.clear();
    partialSince.clear();
    tokens.clear();
    paused = false;
    effective = Map.of();
    live = List.of();
  }

  // ---- what the dispatcher does

  @Override
  public void finished(long position) {
    meet(position, "finished");
    remove(position);
    finished++;
  }

  @Override
  public void store(long position, Trouble trouble) {
    meet(position, trouble);
    stored.put(position, trouble);
    delivery(position).trouble = trouble;
    ready();
  }

  @Override
  public void unsent(long position) {
    if (position != unsent) {
      fail("unsent: " + position + ", expected " + unsent);
    }
    unsent = -1;
  }

  @Override
  public void bury(Burial<String> burial) {
    Delivery d = delivery(burial.position());
    if (burial.reason() != Reason.SUBSCRIBER_UNAVAILABLE) {
      meet(burial.position(), burial);
      return;
    }
    long since = Math.max(d.pending.createdAt(), offlineSince);
    if (!live.isEmpty()
        || paused
        || !d.waits()
        || rules.offlineMillis() <= 0
        || since + rules.offlineMillis() > now) {
      fail("buried too early or for nothing: " + burial);
    }
    d.burying = true;
    d.late = null;
  }

  @Override
  public void fetch(long position) {
    if (!fetching.add(position)) {
      fail("fetched twice: " + position);
    }
    if (!delivery(position).waits()) {
      fail("fetched for nothing: " + position);
    }
    reservations = true;
  }

  @Override
  public void handOut(Handout<String> h) {
    Delivery d = delivery(h.position());
    Stream stream = streams.get(h.stream());
    check(stream != null && usable(stream) && stream.instance.equals(h.instance()), "stream", h);
    if (stream == null) {
      return;
    }
    check(stream.hasFree(), "slots", h);
    ready();
    check(d.waits() && isHead(d) && d.trouble.dueAt() <= now, "not its turn", h);
    check(h.attempt() == d.trouble.attempts() + 1, "attempt", h);
    check(tokens.add(h.token()), "token", h);
    check(h.event().equals("e" + h.position()), "event", h);
    check(h.patterns().equals(patterns(d, stream.instance)), "patterns", h);
    check(mayTake(d, stream), "instance", h);
    if (!d.pending.lane().isEmpty()) {
      check(rendezvous(d) == stream, "rendezvous", h);
    } else if (h.instance().equals(d.trouble.avoid()) && !reservations) {
      check(!another(d), "avoid", h);
    }
    Held held = new Held(d, stream, h.token(), now + rules.visibilityMillis());
    stream.held.add(held);
    stream.wanted--;
    d.lease = held;
    d.late = null;
  }

  private boolean another(Delivery d) {
    return streams.values().stream()
        .anyMatch(s -> mayTake(d, s) && s.hasFree() && !s.instance.equals(d.trouble.avoid()));
  }

  void buried(long position) {
    remove(position);
    buried++;
  }

  private void remove(long position) {
    Delivery delivery = delivery(position);
    lanes.getOrDefault(delivery.pending.lane(), List.of()).remove(delivery);
    deliveries.remove(position);
    stored.remove(position);
    ready();
  }

  // ---- after each call

  void endOfCall() {
    if (!expected.isEmpty() || unsent >= 0) {
      fail("did not happen: " + expectedText + " unsent " + unsent + " at " + now);
    }
    ready();
    List<Delivery> ready = new ArrayList<>();
    reservations = false;
    for (Delivery d : deliveries.values()) {
      if (isReady(d)) {
        ready.add(d);
        reservations |= fetching.contains(d.pending.position());
      }
    }
    for (Stream stream : streams.values()) {
      if (!reservations && usable(stream) && stream.hasFree()) {
        nothingToTake(stream, ready);
      }
    }
    expectedText.clear();
  }

  private void nothingToTake(Stream stream, List<Delivery> ready) {
    for (Delivery d : ready) {
      if (mayTake(d, stream) && (d.pending.lane().isEmpty() || rendezvous(d) == stream)) {
        fail("idle: stream " + stream.id + " could take " + d.pending + " " + d.trouble);
      }
    }
  }

  long earliest() {
    long earliest = Long.MAX_VALUE;
    for (Delivery d : deliveries.values()) {
      if (d.lease != null) {
        earliest = Math.min(earliest, d.lease.expiresAt);
      } else if (d.waits() && isHead(d) && d.trouble.dueAt() > now) {
        earliest = Math.min(earliest, d.trouble.dueAt());
      }
    }
    return earliest;
  }

  /** Notes since when deliveries could go out. */
  private void ready() {
    for (Delivery d : deliveries.values()) {
      if (d.readyAt < 0 && isReady(d)) {
        d.readyAt = now;
      }
    }
  }

  private void meet(long position, Object outcome) {
    Predicate<Object> check = expected.remove(position);
    if (check == null || !check.test(outcome)) {
      fail(
          "at %d: %d: %s, expected %s",
          now, position, outcome, expectedText.getOrDefault(position, "nothing"));
    }
  }

  private void check(boolean holds, String what, Handout<String> handout) {
    if (!holds) {
      fail("%s: %s at %d", what, handout, now);
    }
  }
}
