package io.trestle.sdk.internal.call;

import io.trestle.sdk.internal.registry.Route;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Which instance a call goes to (rpc.md 4.3).
 *
 * <p>Candidates have exactly the caller's contract hash: two versions of a method live side by side
 * and each caller reaches only its own. Eligible are those with an address that are not excluded
 * and not marked unhealthy within the last 60 s (twice the time the runtime needs to see a
 * recovery). A mark that would leave nobody is ignored, since a bad guess must not stop all calls;
 * so are exclusions, since the runtime uses an excluded instance when it is the last one.
 *
 * <p>Of the eligible, two are drawn uniformly in one pass (a reservoir of two) and the one with
 * fewer calls under way wins. Two random choices spread load almost as well as looking at everybody
 * would, and do not make all callers run to the same idle instance at once. The reservoir keeps the
 * order of the rows, so a tie is broken by a coin, else the first row would be preferred.
 */
final class CandidateChoice {
  /** How long a mark counts, in milliseconds. */
  static final long HINT_TRUST_MILLIS = 60_000;

  private CandidateChoice() {}

  /** What came of it: an instance, or why there is none. */
  sealed interface Choice {
    /** An instance. */
    record Chosen(Route route) implements Choice {}

    /** Nobody. */
    enum None implements Choice {
      /** Nobody serves the method at all. */
      NOT_SERVED("nobody serves it"),
      /** Somebody does, with another contract. */
      OTHER_CONTRACT("no live instance of it matches the caller contract"),
      /** Somebody does, without an address: it leaves, or never took calls. */
      NO_ENDPOINT("no live instance of it has a call endpoint");

      private final String reason;

      None(String reason) {
        this.reason = reason;
      }

      String reason() {
        return reason;
      }
    }
  }

  static Choice choose(
      List<Route> routes,
      String contractHash,
      List<String> excluded,
      long nowMillis,
      RandomGenerator random) {
    Route route = draw(routes, contractHash, excluded, nowMillis, random);
    if (route == null) {
      route = draw(routes, contractHash, excluded, Long.MAX_VALUE, random);
    }
    if (route == null && !excluded.isEmpty()) {
      route = draw(routes, contractHash, List.of(), Long.MAX_VALUE, random);
    }
    return route == null ? none(routes, contractHash) : new Choice.Chosen(route);
  }

  private static @Nullable Route draw(
      List<Route> routes,
      String contractHash,
      List<String> excluded,
      long nowMillis,
      RandomGenerator random) {
    Route first = null;
    Route second = null;
    int seen = 0;
    for (int i = 0; i < routes.size(); i++) {
      Route route = routes.get(i);
      if (!eligible(route, contractHash, excluded, nowMillis)) {
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

  private static boolean eligible(
      Route route, String contractHash, List<String> excluded, long nowMillis) {
    return route.endpoint() != null
        && route.contractHash().equals(contractHash)
        && !excluded.contains(route.instanceId())
        && (route.unhealthySince() == 0 || nowMillis - route.unhealthySince() >= HINT_TRUST_MILLIS);
  }

  private static Choice none(List<Route> routes, String contractHash) {
    if (routes.isEmpty()) {
      return Choice.None.NOT_SERVED;
    }
    return routes.stream().anyMatch(route -> route.contractHash().equals(contractHash))
        ? Choice.None.NO_ENDPOINT
        : Choice.None.OTHER_CONTRACT;
  }
}
