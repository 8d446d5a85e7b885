package io.trestle.protocol.events;

import java.util.List;
import java.util.Set;

/**
 * What a condition of the JSON form demands of the value at its path. On a path with {@code [*]} a
 * test holds when it holds for any element; only an array literal is compared with the whole list.
 */
sealed interface JsonTest {
  boolean holds(Object value);

  default boolean holdsFor(JsonPath.Found found) {
    return found.elements().stream().anyMatch(this::holds);
  }

  record Equal(Object literal) implements JsonTest {
    @Override
    public boolean holds(Object value) {
      return Json.same(literal, value);
    }

    @Override
    public boolean holdsFor(JsonPath.Found found) {
      return literal instanceof List<?> ? holds(found.value()) : JsonTest.super.holdsFor(found);
    }
  }

  record NotEqual(Object literal) implements JsonTest {
    @Override
    public boolean holds(Object value) {
      return !Json.same(literal, value);
    }
  }

  record Compared(Comparison comparison, Number bound) implements JsonTest {
    @Override
    public boolean holds(Object value) {
      return value instanceof Number number && comparison.holds(Json.compare(number, bound));
    }
  }

  record In(List<Object> literals) implements JsonTest {
    public In {
      literals = List.copyOf(literals);
    }

    @Override
    public boolean holds(Object value) {
      return literals.stream().anyMatch(literal -> Json.same(literal, value));
    }
  }

  record Exists(boolean expected) implements JsonTest {
    @Override
    public boolean holds(Object value) {
      return (value != Json.Nothing.MISSING) == expected;
    }
  }

  record Prefix(String prefix) implements JsonTest {
    @Override
    public boolean holds(Object value) {
      return value instanceof String text && text.startsWith(prefix);
    }
  }

  /** Several operators in one object: each must hold, each for an element of its own choice. */
  record All(Set<JsonTest> tests) implements JsonTest {
    public All {
      tests = Set.copyOf(tests);
    }

    @Override
    public boolean holds(Object value) {
      return tests.stream().allMatch(test -> test.holds(value));
    }

    @Override
    public boolean holdsFor(JsonPath.Found found) {
      return tests.stream().allMatch(test -> test.holdsFor(found));
    }
  }
}
