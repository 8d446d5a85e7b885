package io.trestle.protocol.events;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Reads the text form of a filter (docs/spec events 9.2), character by character. */
final class TextFilterParser {
  private static final String END_OF_FIELD = " =!<>~,";

  private final String text;
  private int at;

  TextFilterParser(String text) {
    this.text = text;
  }

  EventFilter parse() {
    Set<TextFilter.Condition> conditions = new LinkedHashSet<>();
    int count = 0;
    do {
      conditions.add(condition());
      FilterText.checkConditions(++count);
    } while (skip(','));
    return new TextFilter(conditions);
  }

  private TextFilter.Condition condition() {
    skipBlanks();
    JsonPath field = field();
    skipBlanks();
    TextFilter.Operator operator = operator();
    skipBlanks();
    return new TextFilter.Condition(field, operator, value());
  }

  private JsonPath field() {
    int start = at;
    while (at < text.length() && END_OF_FIELD.indexOf(text.charAt(at)) < 0 && !isBlank(at)) {
      at++;
    }
    List<String> names = Segments.split(text.substring(start, at));
    if (names.contains("") || text.startsWith("$", start)) {
      at = start;
      throw wrong("a field such as order.total");
    }
    if (names.size() > JsonPath.MAX_STEPS) {
      throw new FilterException(
          "field at character %d: more than %d steps".formatted(start + 1, JsonPath.MAX_STEPS));
    }
    return JsonPath.ofNames(names);
  }

  private TextFilter.Operator operator() {
    for (TextFilter.Operator operator : TextFilter.Operator.values()) {
      if (text.startsWith(operator.sign, at)) {
        at += operator.sign.length();
        return operator;
      }
    }
    throw wrong("one of >= <= != = > <");
  }

  private String value() {
    if (skip('"')) {
      return quoted();
    }
    int comma = text.indexOf(',', at);
    int end = comma < 0 ? text.length() : comma;
    int start = at;
    at = end;
    while (end > start && isBlank(end - 1)) {
      end--;
    }
    return text.substring(start, end);
  }

  /** In quotes everything up to the next quote is the value, commas and blanks too. */
  private String quoted() {
    int end = text.indexOf('"', at);
    if (end < 0) {
      at = text.length();
      throw wrong("a closing \"");
    }
    String value = text.substring(at, end);
    at = end + 1;
    skipBlanks();
    if (at < text.length() && text.charAt(at) != ',') {
      throw wrong("a comma or the end");
    }
    return value;
  }

  private boolean skip(char c) {
    boolean there = at < text.length() && text.charAt(at) == c;
    at += there ? 1 : 0;
    return there;
  }

  private void skipBlanks() {
    while (at < text.length() && isBlank(at)) {
      at++;
    }
  }

  private boolean isBlank(int index) {
    return FilterText.isBlank(text.charAt(index));
  }

  private FilterException wrong(String expected) {
    return new FilterException("character %d: expected %s".formatted(at + 1, expected));
  }
}
