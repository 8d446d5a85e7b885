package io.trestle.events.core;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What the {@link Model} knows, and which delivery may go where by that. */
abstract class ModelRules {
  static final class Stream {
    final long id;
    final UUID instance;

    /** Whether it gets only what it asks for, and loses what it does not answer in time. */
    final boolean pulled;

    int max;
    int wanted;
    boolean quiesced;
    final List<Held> held = new ArrayList<>();

    Stream(long id, UUID instance, int max, boolean pulled) {
      this.id = id;
      this.instance = instance;
      this.max = max;
      this.pulled = pulled;
    }

    boolean hasFree() {
      return held.size() < max && (!pulled || wanted > 0);
    }
  }

  /** A hand-out that was not answered. */
  static final class Held {
    final Delivery delivery;
    final UUID instance;
    final long token;
    final long expiresAt;
    boolean live = true;
    @Nullable Stream stream;

    Held(Delivery delivery, Stream stream, long token, long expiresAt) {
      this.delivery = delivery;
      this.stream = stream;
      this.instance = stream.instance;
      this.token = token;
      this.expiresAt = expiresAt;
    }
  }

  static final class Delivery {
    final Pending<String> pending;
    Trouble trouble;
    boolean burying;
    @Nullable Held lease;
    @Nullable Held late;
    long readyAt = -1;

    Delivery(Pending<String> pending) {
      this.pending = pending;
      this.trouble = pending.trouble();
    }

    boolean waits() {
      return lease == null && !burying;
    }
  }

  /** By position, what must follow from what was done; until then the delivery is not ready. */
  final Map<Long, Predicate<Object>> expected = new HashMap<>();

  DispatchRules rules;
  long now;
  final Map<Long, Delivery> deliveries = new LinkedHashMap<>();
  final Map<String, List<Delivery>> lanes = new HashMap<>();
  final Map<Long, Stream> streams = new LinkedHashMap<>();

  List<Member> live = List.of();
  Map<Integer, Subscription> effective = Map.of();
  final Map<Integer, Long> left = new HashMap<>();
  // remembered until the members change, for speed
  final IdentityHashMap<Member, Map<Match, Set<String>>> declared = new IdentityHashMap<>();
  final Map<Match, List<Subscription>> remaining = new HashMap<>();
  final Map<Match, Boolean> covered = new HashMap<>();

  final Map<Match, Long> partialSince = new HashMap<>();
  boolean paused;
  long offlineSince = -1;

  ModelRules(DispatchRules rules) {
    this.rules = rules;
  }

  Delivery delivery(long position) {
    Delivery delivery = deliveries.get(position);
    if (delivery == null) {
      throw new AssertionError("unknown position " + position);
    }
    return delivery;
  }

  boolean open() {
    return !live.isEmpty() && !paused;
  }

  boolean isReady(Delivery d) {
    return d.waits()
        && d.trouble.dueAt() <= now
        && !expected.containsKey(d.pending.position())
        && isHead(d);
  }

  boolean isHead(Delivery d) {
    if (d.pending.lane().isEmpty()) {
      return true;
    }
    List<Delivery> lane = lanes.get(d.pending.lane());
    return lane != null && !lane.isEmpty() && lane.get(0) == d;
  }

  boolean orphaned(Delivery d) {
    Match match = d.pending.match();
    if (!open() || !remaining(match).isEmpty()) {
      return false;
    }
    for (int i = 0; i < match.size(); i++) {
      if (left.getOrDefault(match.get(i), Long.MAX_VALUE) > now) {
        return false;
      }
    }
    return true;
  }

  List<Subscription> remaining(Match match) {
    return remaining.computeIfAbsent(match, this::findRemaining);
  }

  List<Subscription> findRemaining(Match match) {
    List<Subscription> remaining = new ArrayList<>();
    for (int i = 0; i < match.size(); i++) {
      Subscription s = effective.get(match.get(i));
      if (s != null) {
        remaining.add(s);
      }
    }
    return remaining;
  }

  @Nullable Member member(UUID instance) {
    for (Member member : live) {
      if (member.instance().equals(instance)) {
        return member;
      }
    }
    return null;
  }

  boolean usable(Stream stream) {
    Member member = member(stream.instance);
    return open() && !stream.quiesced && member != null && member.session() && !member.draining();
  }

  Set<String> declared(Match match, Member member) {
    return declared
        .computeIfAbsent(member, m -> new HashMap<>())
        .computeIfAbsent(match, m -> findDeclared(m, member));
  }

  Set<String> findDeclared(Match match, Member member) {
    Set<String> declared = new LinkedHashSet<>();
    for (Subscription s : member.subscriptions()) {
      if (match.contains(s.number()) && effective.containsKey(s.number())) {
        declared.add(s.pattern());
      }
    }
    return declared;
  }

  boolean covers(Match match, Member member) {
    Set<String> declared = declared(match, member);
    return remaining(match).stream().allMatch(s -> declared.contains(s.pattern()));
  }

  boolean anyCovers(Match match) {
    return covered.computeIfAbsent(match, this::findCovers);
  }

  boolean findCovers(Match match) {
    return live.stream().anyMatch(m -> covers(match, m));
  }

  List<String> patterns(Delivery d, UUID instance) {
    Member member = member(instance);
    Set<String> all = new LinkedHashSet<>();
    if (member != null) {
      all.addAll(declared(d.pending.match(), member));
    }
    remaining(d.pending.match()).forEach(s -> all.add(s.pattern()));
    return new ArrayList<>(all);
  }

  boolean mayTake(Delivery d, Stream stream) {
    Match match = d.pending.match();
    Member member = member(stream.instance);
    if (member == null || !usable(stream) || remaining(match).isEmpty()) {
      return false;
    }
    if (anyCovers(match)) {
      return covers(match, member);
    }
    long since = Math.max(d.readyAt, partialSince.getOrDefault(match, now));
    return !declared(match, member).isEmpty() && now >= since + 30_000;
  }

  @Nullable Stream rendezvous(Delivery d) {
    Stream best = null;
    for (boolean avoiding : new boolean[] {true, false}) {
      for (Stream s : streams.values()) {
        boolean skip = avoiding && s.instance.equals(d.trouble.avoid());
        if (!skip && mayTake(d, s) && (best == null || higher(d.pending.lane(), s, best))) {
          best = s;
        }
      }
      if (best != null) {
        return best;
      }
    }
    return null;
  }

  static boolean higher(String lane, Stream a, Stream b) {
    long hash = Choice.hash(lane);
    return Choice.mix(hash ^ Choice.hash(a.instance)) > Choice.mix(hash ^ Choice.hash(b.instance));
  }
}
