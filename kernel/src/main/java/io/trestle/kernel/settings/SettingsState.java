package io.trestle.kernel.settings;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which value of each setting is in force: the rules without the database. Immutable; a read of the
 * table makes the next state.
 *
 * <p>A slot has the text that is stored and the value that is in force, and they may differ for
 * three reasons. The stored text is bad: the last good value stays, and a warning is given once,
 * when the text is first seen. The key needs a restart: the value of the start stays and the slot
 * is pending. The process overrides the key: its own value stays, whatever the table says. A row
 * that is missing counts as the default. Rows that no key declares are kept aside.
 */
final class SettingsState {
  private final Map<String, Slot> slots;
  private final Map<String, String> unknown;

  private SettingsState(Map<String, Slot> slots, Map<String, String> unknown) {
    this.slots = slots;
    this.unknown = unknown;
  }

  /** Defaults and overrides, before the table was read. */
  static SettingsState initial(
      Collection<? extends SettingKey<?>> keys, Map<String, String> overrides) {
    Map<String, Slot> slots = new LinkedHashMap<>();
    for (SettingKey<?> key : keys) {
      if (slots.put(key.name(), Slot.initial(key, overrides.get(key.name()))) != null) {
        throw new IllegalArgumentException(key + ": declared twice (expected: once)");
      }
    }
    for (String name : overrides.keySet()) {
      if (!slots.containsKey(name)) {
        throw new IllegalArgumentException(unknownKey(name));
      }
    }
    return new SettingsState(slots, Map.of());
  }

  /**
   * The state after the table was read; {@code starting} lets keys that need a restart take their
   * value too.
   */
  SettingsState read(Map<String, String> rows, boolean starting, Consumer<String> warning) {
    Map<String, Slot> next = new LinkedHashMap<>();
    slots.forEach(
        (name, slot) -> {
          String text = rows.getOrDefault(name, slot.key.defaultText());
          next.put(name, slot.stored(text, starting, warning));
        });
    Map<String, String> others = new TreeMap<>(rows);
    others.keySet().removeAll(slots.keySet());
    return new SettingsState(next, others);
  }

  /** The state after one row was written. */
  SettingsState written(String name, String text) {
    Map<String, Slot> next = new LinkedHashMap<>(slots);
    next.computeIfPresent(name, (key, slot) -> slot.stored(text, false, warning -> {}));
    return new SettingsState(next, unknown);
  }

  /** The value in force; null for an unknown key. */
  @Nullable Object value(String name) {
    Slot slot = slots.get(name);
    return slot == null ? null : slot.value;
  }

  /** The declared key of a name. */
  @Nullable SettingKey<?> key(String name) {
    Slot slot = slots.get(name);
    return slot == null ? null : slot.key;
  }

  /** Names of the keys whose value in force is another than in {@code before}. */
  List<String> changedSince(SettingsState before) {
    return slots.entrySet().stream()
        .filter(slot -> !slot.getValue().value.equals(before.value(slot.getKey())))
        .map(Map.Entry::getKey)
        .toList();
  }

  @Nullable SettingView view(String name) {
    Slot slot = slots.get(name);
    if (slot != null) {
      return slot.view();
    }
    String text = unknown.get(name);
    return text == null ? null : SettingView.unknown(name, text);
  }

  List<SettingView> views() {
    return Stream.concat(
            slots.values().stream().map(Slot::view),
            unknown.entrySet().stream()
                .map(row -> SettingView.unknown(row.getKey(), row.getValue())))
        .collect(Collectors.toUnmodifiableList());
  }

  static String unknownKey(String name) {
    return "%s: unknown setting (expected: a key of settings list)".formatted(name);
  }

  private record Slot(
      SettingKey<?> key, String stored, String text, Object value, boolean overridden) {

    static Slot initial(SettingKey<?> key, @Nullable String override) {
      String text = override == null ? key.defaultText() : override;
      return new Slot(key, key.defaultText(), text, parse(key, text), override != null);
    }

    Slot stored(String row, boolean starting, Consumer<String> warning) {
      if (row.equals(stored)) {
        return this;
      }
      try {
        Object parsed = parse(key, row);
        boolean keeps = overridden || (key.restart() && !starting);
        return keeps
            ? new Slot(key, row, text, value, overridden)
            : new Slot(key, row, row, parsed, false);
      } catch (IllegalArgumentException e) {
        warning.accept(String.valueOf(e.getMessage()));
        return new Slot(key, row, text, value, overridden);
      }
    }

    SettingView view() {
      return new SettingView(
          key.name(),
          key.masked(stored),
          key.type(),
          key.masked(key.defaultText()),
          key.min(),
          key.max(),
          key.restart(),
          pending(),
          false,
          key.masked(text),
          overridden,
          key.allowed());
    }

    private boolean pending() {
      if (!key.restart() || overridden) {
        return false;
      }
      try {
        return !parse(key, stored).equals(value);
      } catch (IllegalArgumentException e) {
        return false;
      }
    }

    private static Object parse(SettingKey<?> key, String text) {
      return Objects.requireNonNull(key.parse(text));
    }
  }
}
