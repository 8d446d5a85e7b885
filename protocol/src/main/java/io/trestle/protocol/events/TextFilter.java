package io.trestle.protocol.events;

import java.math.BigDecimal;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;

/** The text form of 1.x clients: conditions joined by commas, all of which must hold. */
record TextFilter(Set<Condition> conditions) implements EventFilter {
  /** In the order in which they are tried: the longer ones first. */
  enum Operator {
    GREATER_OR_EQUAL(">="),
    LESS_OR_EQUAL("<="),
    NOT_EQUAL("!="),
    EQUAL("="),
    GREATER(">"),
    LESS("<");

    final String sign;

    Operator(String sign) {
      this.sign = sign;
    }
  }

  TextFilter {
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

  record Condition(JsonPath field, Operator operator, String expected) {
    boolean holds(Object root) {
      Object actual = field.find(root).value();
      boolean comparable =
          actual instanceof String || actual instanceof Boolean || actual instanceof Number;
      if (!comparable) {
        return operator == Operator.NOT_EQUAL;
      }
      return switch (operator) {
        case EQUAL -> equal(actual);
        case NOT_EQUAL -> !equal(actual);
        case GREATER -> Comparison.GREATER.holds(compare(actual));
        case GREATER_OR_EQUAL -> Comparison.GREATER_OR_EQUAL.holds(compare(actual));
        case LESS -> Comparison.LESS.holds(compare(actual));
        case LESS_OR_EQUAL -> Comparison.LESS_OR_EQUAL.holds(compare(actual));
      };
    }

    /** Here, and only here, a string that reads as a number is one. */
    private boolean equal(Object actual) {
      String text = text(actual);
      if (text.equals(expected)) {
        return true;
      }
      boolean numbers = Json.readsAsNumber(text) && Json.readsAsNumber(expected);
      return numbers && Json.number(text).equals(Json.number(expected));
    }

    private int compare(Object actual) {
      if (actual instanceof Number number
          && Json.readsAsNumber(expected)
          && Json.number(expected) instanceof Number bound) {
        return Json.compare(number, bound);
      }
      return text(actual).compareTo(expected);
    }

    /** A number as people write it, as long as that is short. */
    private static String text(Object actual) {
      if (actual instanceof BigDecimal number && Math.abs((long) number.scale()) <= 100) {
        return number.toPlainString();
      }
      return actual.toString();
    }
  }
}
