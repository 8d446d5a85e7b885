package io.trestle.protocol.policy;

import io.trestle.protocol.NameRules;
import io.trestle.protocol.events.EventPattern;
import java.util.Comparator;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One row of an allow-list.
 *
 * @param peer the other service; null = any. Always null for actions of events
 * @param target a name or {@code *}; a pattern for actions of events
 */
public record Rule(Action action, @Nullable UUID peer, String target) implements Comparable<Rule> {
  /** Every method, or every workflow. */
  public static final String ANY = "*";

  private static final Comparator<Rule> ORDER =
      Comparator.comparing(Rule::action)
          .thenComparing(Rule::peer, Comparator.nullsFirst(Comparator.naturalOrder()))
          .thenComparing(Rule::target);

  /** Events have no peer, whatever the row says. */
  public Rule {
    peer = action.isOfEvents() ? null : peer;
  }

  /** The rule of a row; empty for a direction and an action that mean nothing together. */
  public static Optional<Rule> find(
      String direction, String action, @Nullable UUID peer, String target) {
    return Direction.find(direction)
        .flatMap(known -> Action.find(known, action))
        .map(known -> new Rule(known, peer, target));
  }

  /**
   * What is wrong with the target and what is expected, or null when it is good. A rule with a
   * problem matches nothing, but it is there: it closes the list that it stands in.
   */
  public @Nullable String problem() {
    if (action.isOfEvents()) {
      return EventPattern.problem(target);
    }
    return target.equals(ANY) || NameRules.isName(target)
        ? null
        : "no name (expected: *, or 1 to 255 characters without whitespace, control characters and"
            + " '/')";
  }

  @Override
  public int compareTo(Rule other) {
    return ORDER.compare(this, other);
  }
}
