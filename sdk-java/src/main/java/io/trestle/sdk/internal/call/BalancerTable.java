package io.trestle.sdk.internal.call;

import io.trestle.sdk.internal.call.CandidateChoice.Wish;
import io.trestle.sdk.internal.registry.Route;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Who may be chosen for a call, as one table (rpc.md 4.3). The stages are tried in their order,
 * each with all rules but those it waives; the first in which somebody is eligible decides.
 */
final class BalancerTable {
  /** How long a mark counts, in milliseconds. */
  private static final long HINT_TRUST_MILLIS = 60_000;

  private BalancerTable() {}

  /** What an eligible instance fulfils. Asked in this order: looking at a circuit may move it. */
  enum Rule {
    SAME_CONTRACT("its method has the contract hash of the caller"),
    HAS_ENDPOINT("it has an address for calls"),
    NOT_EXCLUDED("the call does not exclude it"),
    NOT_MARKED("it was not marked unhealthy within the last 60 s"),
    CIRCUIT_ADMITS("for a direct call: its circuit lets calls through");

    private final String meaning;

    Rule(String meaning) {
      this.meaning = meaning;
    }

    String meaning() {
      return meaning;
    }

    boolean holds(Route route, Wish wish) {
      return switch (this) {
        case SAME_CONTRACT -> route.contractHash().equals(wish.contractHash());
        case HAS_ENDPOINT -> route.endpoint() != null;
        case NOT_EXCLUDED -> !wish.excluded().contains(route.instanceId());
        case NOT_MARKED -> trusted(route, wish.nowMillis());
        case CIRCUIT_ADMITS -> !wish.direct() || route.breaker().admits(wish.ticks());
      };
    }

    private static boolean trusted(Route route, long nowMillis) {
      return route.unhealthySince() == 0 || nowMillis - route.unhealthySince() >= HINT_TRUST_MILLIS;
    }
  }

  /** Whom one pass looks at. */
  enum Stage {
    BEST("everything is in order"),
    MARKED_TOO("a mark that would leave nobody is a bad guess", Rule.NOT_MARKED),
    EXCLUDED_TOO("the last one is used, excluded or not", Rule.NOT_MARKED, Rule.NOT_EXCLUDED);

    static final List<Stage> IN_ORDER = List.of(values());

    private final String reason;

    @SuppressWarnings("ImmutableEnumChecker") // the list is a copy
    private final List<Rule> rules;

    Stage(String reason, Rule... waived) {
      this.reason = reason;
      Set<Rule> asked = EnumSet.allOf(Rule.class);
      asked.removeAll(List.of(waived));
      this.rules = List.copyOf(asked);
    }

    String reason() {
      return reason;
    }

    boolean asks(Rule rule) {
      return rules.contains(rule);
    }

    boolean admits(Route route, Wish wish) {
      for (int i = 0; i < rules.size(); i++) { // for each call and candidate: without an iterator
        if (!rules.get(i).holds(route, wish)) {
          return false;
        }
      }
      return true;
    }
  }
}
