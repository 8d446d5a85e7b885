package io.trestle.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Holds what came to what was expected. Objects may have more members than expected, lists not;
 * {@code {min, max}} is a range, {@code {contains}} a part of a text, {@code $name} a value of the
 * run.
 */
final class Expectation {
  private static final Set<String> RANGE = Set.of("min", "max");

  private final Map<String, String> values;
  private final List<String> problems = new ArrayList<>();

  Expectation(Map<String, String> values) {
    this.values = values;
  }

  List<String> problems() {
    return List.copyOf(problems);
  }

  /** Compares; what differs becomes a problem. */
  void hold(String place, JsonNode expected, @Nullable JsonNode actual) {
    if (actual == null || actual.isMissingNode()) {
      problems.add(place + ": nothing (expected: " + expected + ")");
    } else if (expected.isObject()) {
      holdObject(place, expected, actual);
    } else if (expected.isArray()) {
      holdArray(place, expected, actual);
    } else {
      String wanted = resolved(expected.asText());
      if (!wanted.equals(actual.asText())) {
        problems.add(place + ": " + actual + " (expected: " + wanted + ")");
      }
    }
  }

  /** The number of something. */
  void hold(String place, JsonNode expected, int actual) {
    if (expected.isObject()) {
      range(place, expected, actual);
    } else if (expected.asInt() != actual) {
      problems.add(place + ": " + actual + " (expected: " + expected + ")");
    }
  }

  private void holdObject(String place, JsonNode expected, JsonNode actual) {
    List<String> names = new ArrayList<>();
    expected.fieldNames().forEachRemaining(names::add);
    if (!names.isEmpty() && RANGE.containsAll(names)) {
      range(place, expected, actual.asLong());
    } else if (names.equals(List.of("contains"))) {
      if (!actual.asText().contains(resolved(expected.get("contains").asText()))) {
        problems.add(place + ": " + actual + " (expected: " + expected + ")");
      }
    } else {
      names.forEach(name -> hold(place + "." + name, expected.get(name), actual.get(name)));
    }
  }

  private void holdArray(String place, JsonNode expected, JsonNode actual) {
    if (actual.size() != expected.size()) {
      problems.add(place + ": " + actual + " (expected: " + expected + ")");
      return;
    }
    for (int i = 0; i < expected.size(); i++) {
      hold(place + "[" + i + "]", expected.get(i), actual.get(i));
    }
  }

  private void range(String place, JsonNode range, long actual) {
    boolean low = range.has("min") && actual < range.get("min").asLong();
    boolean high = range.has("max") && actual > range.get("max").asLong();
    if (low || high) {
      problems.add(place + ": " + actual + " (expected: " + range + ")");
    }
  }

  private String resolved(String text) {
    return values.getOrDefault(text, text);
  }
}
