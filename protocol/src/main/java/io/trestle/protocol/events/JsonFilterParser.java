package io.trestle.protocol.events;

import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads the JSON form of a filter (docs/spec events 9.1). */
final class JsonFilterParser {
  private JsonFilterParser() {}

  static EventFilter parse(String text) {
    if (!(json(text) instanceof Map<?, ?> object)) {
      throw new FilterException("not a JSON object (expected: {\"$.path\": value, ...})");
    }
    if (object.isEmpty()) {
      return EventFilter.passAll();
    }
    FilterText.checkConditions(object.size());
    Set<JsonFilter.Condition> conditions = new LinkedHashSet<>();
    object.forEach((key, value) -> conditions.add(condition((String) key, value)));
    return new JsonFilter(conditions);
  }

  private static Object json(String text) {
    try {
      return Json.parse(text);
    } catch (Json.Malformed e) {
      throw new FilterException("not JSON: " + e.reason());
    }
  }

  private static JsonFilter.Condition condition(String key, Object value) {
    JsonPath path = JsonPath.parse(key);
    checkNumbers(key, value);
    JsonTest test =
        value instanceof Map<?, ?> operators ? all(key, operators) : new JsonTest.Equal(value);
    return new JsonFilter.Condition(path, test);
  }

  private static JsonTest all(String key, Map<?, ?> operators) {
    if (operators.isEmpty()) {
      throw malformed(key, "an empty object (expected: a literal or operators such as $gt)");
    }
    Set<JsonTest> tests = new HashSet<>();
    operators.forEach((operator, operand) -> tests.add(test(key, (String) operator, operand)));
    return tests.size() == 1 ? tests.iterator().next() : new JsonTest.All(tests);
  }

  private static JsonTest test(String key, String operator, Object operand) {
    return switch (operator) {
      case "$ne" -> notEqual(key, operand);
      case "$gt" -> compared(key, operator, Comparison.GREATER, operand);
      case "$gte" -> compared(key, operator, Comparison.GREATER_OR_EQUAL, operand);
      case "$lt" -> compared(key, operator, Comparison.LESS, operand);
      case "$lte" -> compared(key, operator, Comparison.LESS_OR_EQUAL, operand);
      case "$in" -> in(key, operand);
      case "$exists" -> exists(key, operand);
      case "$prefix" -> prefix(key, operand);
      default ->
          throw malformed(
              key,
              Segments.quote(operator)
                  + " in an object (expected: $ne, $gt, $gte, $lt, $lte, $in, $exists, $prefix)");
    };
  }

  /** Objects stay reserved as operands too, so that {"$ne": {"$gt": 1}} cannot pass for sense. */
  private static JsonTest notEqual(String key, Object operand) {
    if (operand instanceof Map<?, ?>) {
      throw malformed(key, "$ne: an object (expected: a literal or an array)");
    }
    return new JsonTest.NotEqual(operand);
  }

  private static JsonTest compared(
      String key, String operator, Comparison comparison, Object operand) {
    if (operand instanceof Number bound) {
      return new JsonTest.Compared(comparison, bound);
    }
    throw malformed(key, operator + ": not a number");
  }

  private static JsonTest in(String key, Object operand) {
    if (operand instanceof List<?> literals) {
      return new JsonTest.In(List.copyOf(literals));
    }
    throw malformed(key, "$in: not an array");
  }

  private static JsonTest exists(String key, Object operand) {
    if (operand instanceof Boolean expected) {
      return new JsonTest.Exists(expected);
    }
    throw malformed(key, "$exists: neither true nor false");
  }

  private static JsonTest prefix(String key, Object operand) {
    if (operand instanceof String prefix) {
      return new JsonTest.Prefix(prefix);
    }
    throw malformed(key, "$prefix: not a string");
  }

  private static void checkNumbers(String key, Object value) {
    if (value instanceof Json.OddNumber odd) {
      throw malformed(key, "number " + Segments.quote(odd.text()) + " out of range");
    } else if (value instanceof List<?> list) {
      list.forEach(element -> checkNumbers(key, element));
    } else if (value instanceof Map<?, ?> object) {
      object.values().forEach(member -> checkNumbers(key, member));
    }
  }

  private static FilterException malformed(String key, String reason) {
    return new FilterException("key " + Segments.quote(key) + ": " + reason);
  }
}
