package io.trestle.registry;

import io.trestle.conversations.Policies.Change;
import io.trestle.conversations.Policies.Replaced;
import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.protocol.policy.Action;
import io.trestle.protocol.policy.Capability;
import io.trestle.protocol.policy.Rule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What an operator asked for, as far as it can be understood without the database.
 *
 * @param flags one bit a capability; null leaves them
 * @param actions whose rules are replaced
 */
record PolicyRequest(@Nullable Integer flags, List<Action> actions, List<Wanted> wanted) {
  /** Rules of one action: more of them is a mistake, and would not fit into a frame. */
  static final int MAX_RULES = 1_000;

  private static final String ANY_PEER = Rule.ANY;

  /** A rule whose peer is a name or an id; empty = any. */
  record Wanted(Action action, String peer, String target) {
    Rule rule(Map<String, UUID> peers) {
      return new Rule(action, peer.isEmpty() ? null : peers.get(peer), target);
    }
  }

  /**
   * Reads a change.
   *
   * @throws Refused INVALID naming what is wrong and what was expected
   */
  static PolicyRequest of(Change change) {
    List<Action> actions = new ArrayList<>();
    List<Wanted> wanted = new ArrayList<>();
    for (Replaced replaced : change.actions()) {
      Action action = action(replaced.action());
      if (replaced.targets().size() > MAX_RULES) {
        throw invalid(
            action.text()
                + ": "
                + replaced.targets().size()
                + " rules (expected: at most "
                + MAX_RULES
                + ")");
      }
      actions.add(action);
      replaced.targets().stream().map(target -> wanted(action, target)).forEach(wanted::add);
    }
    return new PolicyRequest(flags(change.capabilities()), actions, wanted);
  }

  /** Names and ids of peers. */
  List<String> peers() {
    return wanted.stream().map(Wanted::peer).filter(peer -> !peer.isEmpty()).distinct().toList();
  }

  private static @Nullable Integer flags(@Nullable List<String> names) {
    if (names == null) {
      return null;
    }
    int flags = 0;
    for (String name : names) {
      flags |=
          PolicyStore.bit(
              Capability.find(name)
                  .orElseThrow(
                      () -> unknown("capability", name, Capability.values(), Capability::text)));
    }
    return flags;
  }

  private static Action action(String text) {
    return Arrays.stream(Action.values())
        .filter(action -> action.text().equals(text))
        .findFirst()
        .orElseThrow(() -> unknown("action", text, Action.values(), Action::text));
  }

  private static Wanted wanted(Action action, String text) {
    int slash = text.indexOf('/');
    if (!action.isOfEvents() && slash <= 0) {
      throw invalid(
          action.text()
              + ": "
              + PolicyText.shown(text)
              + " (expected: SERVICE/NAME, * for any of either)");
    }
    String peer = action.isOfEvents() ? "" : text.substring(0, slash);
    String target = action.isOfEvents() ? text : text.substring(slash + 1);
    String problem = new Rule(action, null, target).problem();
    if (problem != null) {
      throw invalid(action.text() + ": " + PolicyText.shown(text) + ": " + problem);
    }
    return new Wanted(action, peer.equals(ANY_PEER) ? "" : peer, target);
  }

  private static <T> Refused unknown(
      String what, String given, T[] known, Function<T, String> text) {
    String expected = Arrays.stream(known).map(text).collect(Collectors.joining(", "));
    return invalid(what + ": " + PolicyText.shown(given) + " (expected: " + expected + ")");
  }

  private static Refused invalid(String message) {
    return Refused.of(Reason.INVALID, message);
  }
}
