package io.trestle.registry;

import io.trestle.protocol.policy.Action;
import io.trestle.protocol.policy.Direction;
import io.trestle.protocol.policy.Rule;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Words about rows of the policy, for logs and operators. */
final class PolicyText {
  private static final int SHOWN = 64;

  private PolicyText() {}

  /** A text of a row in quotes, on one line. */
  static String shown(String text) {
    String head = text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "…";
    return '"' + head.replaceAll("\\p{Cntrl}", "?") + '"';
  }

  /** What is wrong with a row and what is expected, or null when nothing is. */
  static @Nullable String fault(String direction, String action, String target) {
    Optional<Direction> known = Direction.find(direction);
    Optional<Action> meant = known.flatMap(d -> Action.find(d, action));
    String problem = meant.map(a -> new Rule(a, null, target).problem()).orElse(null);
    if (meant.isEmpty()) {
      problem =
          "no action of this direction (expected: "
              + known.map(PolicyText::actions).orElse("")
              + ")";
    }
    return problem == null
        ? null
        : "direction=%s action=%s target_name=%s: %s"
            .formatted(direction, shown(action), shown(target), problem);
  }

  private static String actions(Direction direction) {
    return Arrays.stream(Action.values())
        .filter(action -> action.direction() == direction)
        .map(Action::text)
        .collect(Collectors.joining(", "));
  }
}
