package io.trestle.events.core;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * All deliveries of one {@link Match}: what they match is decided once per change of the consumer,
 * not once per delivery.
 */
final class Route<E> extends Node {
  /** How much of what remains an instance declares. */
  enum Coverage {
    NONE,
    SOME,
    ALL
  }

  final Match match;

  /** Unfinished deliveries. */
  final Chain<Entry<E>> all = new Chain<>(Entry.ROUTE);

  /** Unkeyed ones that wait for a slot of the pool. */
  final Chain<Entry<E>> queue = new Chain<>(Entry.READY);

  /** Ready ones that nobody may take now. */
  final Chain<Entry<E>> held = new Chain<>(Entry.READY);

  /** Matched subscriptions that are still wanted, as of the last change. */
  List<Subscription> remaining = List.of();

  /** How much the streams of the pool declare; NONE without a pool. */
  Coverage mode = Coverage.NONE;

  /** Since when no live instance declares all, while the mode is SOME. */
  long since;

  /** When deliveries are orphaned, if nothing remains. */
  long orphanedAt;

  /** Null while nothing may be handed out. */
  @Nullable Pool<E> pool;

  /** Whether no stream may take its deliveries now. */
  boolean parked = true;

  /** Whether the pool has it in its list. */
  boolean listed;

  private final Map<Instance, List<String>> patterns = new HashMap<>();

  Route(Match match) {
    super(0);
    this.match = match;
  }

  Coverage coverage(Instance instance) {
    boolean some = false;
    boolean all = true;
    for (int i = 0; i < remaining.size(); i++) {
      if (declares(instance, remaining.get(i).pattern())) {
        some = true;
      } else {
        all = false;
      }
    }
    return !some ? Coverage.NONE : all ? Coverage.ALL : Coverage.SOME;
  }

  /** Whether it declares the pattern with one of the filters that the event passed. */
  private boolean declares(Instance instance, String pattern) {
    for (int i = 0; i < remaining.size(); i++) {
      Subscription subscription = remaining.get(i);
      if (subscription.pattern().equals(pattern) && instance.declares(subscription.number())) {
        return true;
      }
    }
    return false;
  }

  /** What is told to this instance: in the order of its registration, then what it lacks. */
  List<String> patterns(Instance instance) {
    List<String> known = patterns.get(instance);
    if (known == null) {
      Set<String> ordered = new LinkedHashSet<>();
      instance.subscriptions.stream()
          .filter(s -> remaining.contains(s))
          .forEach(s -> ordered.add(s.pattern()));
      remaining.forEach(s -> ordered.add(s.pattern()));
      known = List.copyOf(ordered);
      patterns.put(instance, known);
    }
    return known;
  }

  /** The consumer has changed. */
  void reset() {
    patterns.clear();
    pool = null;
    parked = true;
    listed = false;
  }
}
