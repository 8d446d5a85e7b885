package io.trestle.kernel;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The order in which modules start: each after those that it requires, otherwise as given. Pure.
 */
final class ModuleOrder {
  private final Map<String, Module> byName = new LinkedHashMap<>();
  private final Set<String> done = new LinkedHashSet<>();
  private final Set<String> visiting = new LinkedHashSet<>();

  private ModuleOrder(Collection<? extends Module> modules) {
    modules.forEach(m -> byName.put(m.name(), m));
  }

  /**
   * @throws IllegalArgumentException when a required module is missing or modules require one
   *     another in a circle
   */
  static List<Module> of(Collection<? extends Module> modules) {
    ModuleOrder order = new ModuleOrder(modules);
    List<Module> sorted = new ArrayList<>();
    order.byName.values().forEach(m -> order.visit(m, sorted));
    return List.copyOf(sorted);
  }

  private void visit(Module module, List<Module> sorted) {
    if (done.contains(module.name())) {
      return;
    }
    if (!visiting.add(module.name())) {
      throw new IllegalArgumentException(
          "modules require one another: " + String.join(" -> ", visiting));
    }
    for (String required : module.requires()) {
      Module other = byName.get(required);
      if (other == null) {
        throw new IllegalArgumentException(
            "modules."
                + module.name()
                + " requires modules."
                + required
                + " (expected: both enabled)");
      }
      visit(other, sorted);
    }
    visiting.remove(module.name());
    done.add(module.name());
    sorted.add(module);
  }
}
