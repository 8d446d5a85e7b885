package io.trestle.sdk.internal.call;

import io.trestle.sdk.internal.breaker.CircuitBreaker;
import io.trestle.sdk.internal.call.BalancerTable.Rule;
import io.trestle.sdk.internal.call.BalancerTable.Stage;
import io.trestle.sdk.internal.registry.Route;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Which instance a call goes to (rpc.md 4.3).
 *
 * <p>Who is eligible is {@link BalancerTable}: rules, and the stages that waive some of them when
 * nobody is left. Candidates have exactly the caller's contract hash: two versions of a method live
 * side by side and each caller reaches only its own. A mark of bad health counts for 60 s, twice
 * the time the runtime needs to see a recovery; one that would leave nobody is ignored, since a bad
 * guess must not stop all calls; so are exclusions, since the runtime uses an excluded instance
 * when it is the last one. {@linkplain CircuitBreaker Breakers} are not: they are this process's
 * own experience. They are of the direct way only, so a call through the runtime, which judges by
 * itself whom it can reach, does not ask them.
 *
 * <p>Of the eligible, two are drawn uniformly in one pass (a reservoir of two) and the one with
 * fewer calls under way wins. Two random choices spread load almost as well as looking at everybody
 * would, and do not make all callers run to the same idle instance at once. The reservoir keeps the
 * order of the rows, so a tie is broken by a coin, else the first row would be preferred.
 *
 * <p>The winner alone claims a place at its breaker. When another call took the only place of a
 * half-open one meanwhile, the choice begins anew; that instance is no longer eligible then.
 */
final class CandidateChoice {
  private CandidateChoice() {}

  /** What came of it: an instance, or why there is none. */
  sealed interface Choice {
    /**
     * An instance.
     *
     * @param claim what its breaker gave; to be settled
     */
    record Chosen(Route route, long claim) implements Choice {}

    /** Nobody. */
    enum None implements Choice {
      /** Nobody serves the method at all. */
      NOT_SERVED(null, "nobody serves it"),
      /** Somebody does, with another contract. */
      OTHER_CONTRACT(Rule.SAME_CONTRACT, "no live instance of it matches the caller contract"),
      /** Somebody does, without an address: it leaves, or never took calls. */
      NO_ENDPOINT(Rule.HAS_ENDPOINT, "no live instance of it has a call endpoint"),
      /** Somebody does, but direct calls have failed too often of late. */
      SHEDDING(
          Rule.CIRCUIT_ADMITS,
          "all live instances of it are skipped after failures, their circuits are open");

      private final @Nullable Rule unmet;
      private final String reason;

      None(@Nullable Rule unmet, String reason) {
        this.unmet = unmet;
        this.reason = reason;
      }

      /** The rule that none of those passes who pass the rules before; null if there is nobody. */
      @Nullable Rule unmet() {
        return unmet;
      }

      String reason() {
        return reason;
      }
    }
  }

  /**
   * What a call asks for.
   *
   * @param excluded instances that come last
   * @param direct whether it goes straight to the instance
   * @param nowMillis the time by which marks age
   * @param ticks the time of breakers, in nanoseconds
   */
  record Wish(
      String contractHash, List<String> excluded, boolean direct, long nowMillis, long ticks) {}

  static Choice choose(List<Route> routes, Wish wish, RandomGenerator random) {
    while (true) {
      Route route = best(routes, wish, random);
      if (route == null) {
        return none(routes, wish);
      }
      long claim = wish.direct() ? route.breaker().claim(wish.ticks()) : CircuitBreaker.ORDINARY;
      if (claim != CircuitBreaker.REFUSED) {
        return new Choice.Chosen(route, claim);
      }
    }
  }

  private static @Nullable Route best(List<Route> routes, Wish wish, RandomGenerator random) {
    for (int i = 0; i < Stage.IN_ORDER.size(); i++) {
      Stage stage = Stage.IN_ORDER.get(i);
      boolean idle = stage == Stage.EXCLUDED_TOO && wish.excluded().isEmpty();
      Route route = idle ? null : draw(routes, stage, wish, random);
      if (route != null) {
        return route;
      }
    }
    return null;
  }

  private static @Nullable Route draw(
      List<Route> routes, Stage stage, Wish wish, RandomGenerator random) {
    Route first = null;
    Route second = null;
    int seen = 0;
    for (int i = 0; i < routes.size(); i++) {
      Route route = routes.get(i);
      if (!stage.admits(route, wish)) {
        continue;
      }
      seen++;
      int place = seen <= 2 ? seen - 1 : random.nextInt(seen);
      if (place == 0) {
        first = route;
      } else if (place == 1) {
        second = route;
      }
    }
    return first == null || second == null ? first : lessLoaded(first, second, random);
  }

  private static Route lessLoaded(Route one, Route other, RandomGenerator random) {
    int difference = one.load().get() - other.load().get();
    if (difference == 0) {
      return random.nextBoolean() ? one : other;
    }
    return difference < 0 ? one : other;
  }

  private static Choice none(List<Route> routes, Wish wish) {
    if (routes.isEmpty()) {
      return Choice.None.NOT_SERVED;
    }
    if (routes.stream().noneMatch(route -> Rule.SAME_CONTRACT.holds(route, wish))) {
      return Choice.None.OTHER_CONTRACT;
    }
    return routes.stream()
            .filter(route -> Rule.SAME_CONTRACT.holds(route, wish))
            .anyMatch(route -> Rule.HAS_ENDPOINT.holds(route, wish))
        ? Choice.None.SHEDDING
        : Choice.None.NO_ENDPOINT;
  }
}
