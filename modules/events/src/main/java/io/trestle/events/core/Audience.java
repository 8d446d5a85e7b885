package io.trestle.events.core;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Who consumes: the live instances, what they want together, and what they no longer want. */
final class Audience {
  private static final long UNKNOWN = -1;

  private final Map<UUID, Instance> live = new HashMap<>();
  private Map<Integer, Subscription> effective = Map.of();

  /** By number of a subscription that is not effective: when deliveries of it are orphaned. */
  private final Map<Integer, Long> left = new HashMap<>();

  private boolean paused;
  private long offlineSince = UNKNOWN;

  /** Whether any instance lives. */
  boolean online() {
    return !live.isEmpty();
  }

  /** Whether anything may be handed out or orphaned at all. */
  boolean open() {
    return online() && !paused;
  }

  /** Whether time without instances counts against deliveries. */
  boolean expires() {
    return !online() && !paused && offlineSince != UNKNOWN;
  }

  long offlineSince() {
    return offlineSince;
  }

  void offlineSince(long millis) {
    offlineSince = millis;
  }

  void paused(boolean now) {
    paused = now;
  }

  /**
   * @param grace how long deliveries of what left now are kept
   */
  void update(List<Member> members, List<Subscription> wanted, long grace, long now) {
    live.clear();
    members.forEach(m -> live.put(m.instance(), new Instance(m)));
    Map<Integer, Subscription> before = effective;
    effective = new LinkedHashMap<>();
    wanted.forEach(s -> effective.put(s.number(), s));
    before.keySet().stream()
        .filter(n -> !effective.containsKey(n))
        .forEach(n -> left.put(n, now + grace));
    left.keySet().removeIf(effective::containsKey);
    if (online()) {
      offlineSince = UNKNOWN;
    } else if (offlineSince == UNKNOWN) {
      offlineSince = now;
    }
  }

  /** The instance if it may take something; null otherwise. */
  @Nullable Instance taker(UUID instance) {
    Instance found = paused ? null : live.get(instance);
    return found != null && found.takes ? found : null;
  }

  /** What of this match is still wanted. */
  List<Subscription> remaining(Match match) {
    List<Subscription> remaining = new ArrayList<>(match.size());
    for (int i = 0; i < match.size(); i++) {
      Subscription subscription = effective.get(match.get(i));
      if (subscription != null) {
        remaining.add(subscription);
      }
    }
    return remaining;
  }

  /** The shortest time that any delivery may wait; {@link Long#MAX_VALUE} for ever. */
  long leastPatience(DispatchRules rules) {
    long least = house(rules);
    for (Subscription subscription : effective.values()) {
      least = Math.min(least, subscription.patience(rules));
    }
    return least;
  }

  /** How long deliveries of a match may wait: as long as any of what is wanted of it says. */
  long patience(Match match, DispatchRules rules) {
    long longest = 0;
    for (Subscription subscription : remaining(match)) {
      longest = Math.max(longest, subscription.patience(rules));
    }
    return longest == 0 ? house(rules) : longest;
  }

  private static long house(DispatchRules rules) {
    return rules.offlineMillis() > 0 ? rules.offlineMillis() : Long.MAX_VALUE;
  }

  /**
   * When deliveries of a match of which nothing remains are orphaned. What has never been wanted as
   * far as we know left at an unknown time for an unknown reason: it gets the grace from now.
   */
  long orphanedAt(Match match, long grace, long now) {
    long latest = 0;
    for (int i = 0; i < match.size(); i++) {
      latest = Math.max(latest, left.computeIfAbsent(match.get(i), n -> now + grace));
    }
    return latest;
  }

  /** Whether some live instance, connected or not, declares all that remains of the route. */
  boolean anyCovers(Route<?> route) {
    for (Instance instance : live.values()) {
      if (route.coverage(instance) == Route.Coverage.ALL) {
        return true;
      }
    }
    return false;
  }
}
