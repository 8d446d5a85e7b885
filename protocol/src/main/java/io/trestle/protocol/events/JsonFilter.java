package io.trestle.protocol.events;

import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;

/** The JSON form: conditions on paths, all of which must hold; their order does not matter. */
record JsonFilter(Set<Condition> conditions) implements EventFilter {
  record Condition(JsonPath path, JsonTest test) {
    boolean holds(Object root) {
      return test.holdsFor(path.find(root));
    }
  }

  JsonFilter {
    conditions = Collections.unmodifiableSet(new LinkedHashSet<>(conditions));
  }

  @Override
  public boolean test(JsonView view) {
    for (Condition condition : conditions) {
      if (!condition.holds(view.root())) {
        return false;
      }
    }
    return true;
  }
}
