package io.trestle.protocol.events;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * JSON values as plain objects: {@code Map}, {@code List}, {@code String}, {@code Boolean}, a
 * number, or {@link Nothing#NULL}. Numbers are exact and normalised, so that equal numbers are
 * equal objects: a {@code Long} wherever the value is one ({@code 42}, {@code 42.0}, {@code
 * 4.2e1}), else a {@code BigDecimal} without trailing zeros, else (an exponent beyond all bounds)
 * an {@link OddNumber}.
 */
public final class Json {
  static final int MAX_DEPTH = 64;
  private static final int MAX_NUMBER_LENGTH = 1000;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  // Only their text is taken; number() has its own limit and loses one value, not
                  // the whole payload.
                  .maxNumberLength(Integer.MAX_VALUE)
                  .build())
          // Names come from strangers: no table that they could fill or make collide.
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .build();

  /** Null is a value; missing is what a path finds where nothing is, and equals nothing. */
  enum Nothing {
    NULL,
    MISSING
  }

  /** A number that is valid JSON but has no exact value here; it equals and exceeds no other. */
  record OddNumber(String text) {}

  private Json() {}

  /** The value of the text, which must hold exactly one; of duplicate keys the last wins. */
  static Object parse(String text) throws Malformed {
    return parse(text, false);
  }

  /**
   * The value of a text that a person wrote: a duplicate key is a fault. At most 64 levels deep.
   *
   * @throws Malformed if it is not exactly one value
   */
  public static Object parseStrictly(String text) throws Malformed {
    return parse(text, true);
  }

  private static Object parse(String text, boolean strictly) throws Malformed {
    try (JsonParser parser = FACTORY.createParser(text)) {
      parser.configure(JsonParser.Feature.STRICT_DUPLICATE_DETECTION, strictly);
      if (parser.nextToken() == null) {
        throw new Malformed("empty text");
      }
      Object value = value(parser);
      if (parser.nextToken() != null) {
        throw new Malformed("text after the end" + at(parser.currentTokenLocation()));
      }
      return value;
    } catch (JsonProcessingException e) {
      throw new Malformed(Segments.quote(e.getOriginalMessage()) + at(e.getLocation()));
    } catch (IOException e) {
      throw new Malformed(String.valueOf(e.getMessage()));
    }
  }

  private static String at(@Nullable JsonLocation place) {
    if (place == null) {
      return "";
    }
    String line = place.getLineNr() > 1 ? " at line " + place.getLineNr() + "," : " at";
    return line + " column " + place.getColumnNr();
  }

  /** Recursion is bounded by the nesting limit of the factory. */
  private static Object value(JsonParser parser) throws IOException {
    JsonToken token = parser.currentToken();
    return switch (token) {
      case START_OBJECT -> object(parser);
      case START_ARRAY -> array(parser);
      case VALUE_STRING -> parser.getText();
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> number(parser.getText());
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      default -> Nothing.NULL;
    };
  }

  private static Map<String, Object> object(JsonParser parser) throws IOException {
    Map<String, Object> members = new LinkedHashMap<>();
    for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
      parser.nextToken();
      members.put(name, value(parser));
    }
    return members;
  }

  private static List<Object> array(JsonParser parser) throws IOException {
    List<Object> elements = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      elements.add(value(parser));
    }
    return elements;
  }

  /** The normalised value of a text that follows the JSON grammar of numbers. */
  static Object number(String text) {
    if (text.length() > MAX_NUMBER_LENGTH) {
      return new OddNumber(text);
    }
    try {
      BigDecimal value = new BigDecimal(text).stripTrailingZeros();
      if (fits(value)) {
        return value.longValue();
      }
      return value;
    } catch (ArithmeticException | NumberFormatException e) {
      return new OddNumber(text);
    }
  }

  /** compareTo looks at the magnitudes first: 1e9999999 is not written out for it. */
  private static boolean fits(BigDecimal value) {
    return value.scale() <= 0
        && value.compareTo(BigDecimal.valueOf(Long.MIN_VALUE)) >= 0
        && value.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) <= 0;
  }

  /** Whether the text, all of it, follows the JSON grammar of numbers. */
  static boolean readsAsNumber(String text) {
    int end = text.length();
    int at = text.startsWith("-") ? 1 : 0;
    int integer = digits(text, at);
    boolean leadingZero = integer > at + 1 && text.charAt(at) == '0';
    if (integer == at || leadingZero || end > MAX_NUMBER_LENGTH) {
      return false;
    }
    at = integer;
    if (at < end && text.charAt(at) == '.') {
      int fraction = digits(text, at + 1);
      if (fraction == at + 1) {
        return false;
      }
      at = fraction;
    }
    return at == end || isExponent(text, at);
  }

  private static boolean isExponent(String text, int start) {
    if (text.charAt(start) != 'e' && text.charAt(start) != 'E') {
      return false;
    }
    boolean signed = start + 1 < text.length() && "+-".indexOf(text.charAt(start + 1)) >= 0;
    int first = start + (signed ? 2 : 1);
    int end = digits(text, first);
    return end > first && end == text.length();
  }

  private static int digits(String text, int start) {
    int at = start;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      at++;
    }
    return at;
  }

  /**
   * Equality of a filter's literal and a payload's value: same type, same value, deep; and a number
   * also equals the string that is the plain decimal form of the same integer, because Go publishes
   * 64-bit integers as strings.
   */
  static boolean same(Object literal, Object actual) {
    if (literal instanceof Number number && actual instanceof String text) {
      return isPlainFormOf(number, text);
    }
    if (literal instanceof List<?> expected && actual instanceof List<?> elements) {
      return sameElements(expected, elements);
    }
    if (literal instanceof Map<?, ?> expected && actual instanceof Map<?, ?> members) {
      return expected.size() == members.size()
          && expected.entrySet().stream()
              .allMatch(entry -> hasMember(members, entry.getKey(), entry.getValue()));
    }
    return literal.equals(actual);
  }

  private static boolean hasMember(Map<?, ?> members, Object name, Object literal) {
    Object actual = members.get(name);
    return actual != null && same(literal, actual);
  }

  private static boolean sameElements(List<?> expected, List<?> elements) {
    if (expected.size() != elements.size()) {
      return false;
    }
    for (int i = 0; i < expected.size(); i++) {
      if (!same(expected.get(i), elements.get(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isPlainFormOf(Number number, String text) {
    if (number instanceof BigDecimal big) {
      // The length is compared first: the plain form of 1e9999999 must not be built.
      long length = (long) big.precision() - big.scale() + (big.signum() < 0 ? 1 : 0);
      return big.scale() <= 0 && length == text.length() && big.toPlainString().equals(text);
    }
    return number.toString().equals(text);
  }

  /** Compares two normalised numbers. */
  static int compare(Number left, Number right) {
    return left instanceof Long a && right instanceof Long b
        ? Long.compare(a, b)
        : decimal(left).compareTo(decimal(right));
  }

  private static BigDecimal decimal(Number number) {
    return number instanceof BigDecimal big ? big : BigDecimal.valueOf(number.longValue());
  }

  /** Text that is not JSON, with the reason. */
  public static final class Malformed extends Exception {
    private static final long serialVersionUID = 1L;

    Malformed(String reason) {
      super(reason, null, false, false);
    }

    /** What is wrong with it, and where. */
    public String reason() {
      return String.valueOf(getMessage());
    }
  }
}
