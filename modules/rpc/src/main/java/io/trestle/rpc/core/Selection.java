package io.trestle.rpc.core;

import io.trestle.conversations.Callables.Instance;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/**
 * The candidates of one proxied call, in the order in which they are tried.
 *
 * <p>Instances that the caller could not reach are used only when nothing else is left. Within a
 * class, unhealthy ones are skipped unless all are; then two are drawn at random and the one with
 * fewer calls in flight is taken. Two random choices keep the load even without comparing all, and
 * without sending every call of a moment to the same least loaded instance. Each instance is tried
 * once.
 */
public final class Selection {
  private final List<Instance> left;
  private final Set<UUID> excluded;
  private final InFlight inFlight;
  private final RandomGenerator random;

  /**
   * @param candidates live instances that advertise method and hash
   * @param excluded instances that the caller could not reach
   */
  public Selection(
      List<Instance> candidates, Set<UUID> excluded, InFlight inFlight, RandomGenerator random) {
    this.left = new ArrayList<>(candidates);
    this.excluded = new HashSet<>(excluded);
    this.inFlight = inFlight;
    this.random = random;
  }

  /** The next candidate, counted as in flight until {@link #release}; empty when all were tried. */
  public Optional<Instance> next() {
    if (left.isEmpty()) {
      return Optional.empty();
    }
    List<Instance> preferred = orAll(left, i -> !excluded.contains(i.instanceId()));
    Instance chosen = twoChoices(orAll(preferred, i -> i.unhealthySinceMillis() == 0));
    left.remove(chosen);
    inFlight.enter(chosen.instanceId());
    return Optional.of(chosen);
  }

  /** The attempt on this candidate is over. */
  public void release(Instance candidate) {
    inFlight.leave(candidate.instanceId());
  }

  private Instance twoChoices(List<Instance> candidates) {
    if (candidates.size() == 1) {
      return candidates.get(0);
    }
    int first = random.nextInt(candidates.size());
    int second = random.nextInt(candidates.size() - 1);
    Instance a = candidates.get(first);
    Instance b = candidates.get(second >= first ? second + 1 : second);
    return inFlight.count(b.instanceId()) < inFlight.count(a.instanceId()) ? b : a;
  }

  private static List<Instance> orAll(List<Instance> all, Predicate<Instance> wanted) {
    List<Instance> some = all.stream().filter(wanted).toList();
    return some.isEmpty() ? all : some;
  }
}
