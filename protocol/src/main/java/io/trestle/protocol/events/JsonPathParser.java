package io.trestle.protocol.events;

import java.util.ArrayList;
import java.util.List;

/** Reads the text of a {@link JsonPath}, character by character. */
final class JsonPathParser {
  private final String text;
  private final List<JsonPath.Step> steps = new ArrayList<>();
  private int at;

  JsonPathParser(String text) {
    this.text = text;
  }

  JsonPath parse() {
    expect('$', "$");
    while (at < text.length()) {
      if (steps.size() == JsonPath.MAX_STEPS) {
        throw new FilterException(
            "key %s: more than %d steps".formatted(Segments.quote(text), JsonPath.MAX_STEPS));
      }
      steps.add(step());
    }
    return new JsonPath(steps);
  }

  private JsonPath.Step step() {
    if (text.charAt(at) == '.') {
      at++;
      return new JsonPath.Member(name());
    }
    expect('[', ".name, [n], [*] or ['key']");
    JsonPath.Step step = inBrackets();
    expect(']', "]");
    return step;
  }

  private String name() {
    int start = at;
    while (at < text.length() && isNamePart(text.charAt(at), at > start)) {
      at++;
    }
    if (at == start) {
      throw wrong("a name of letters, digits and _");
    }
    return text.substring(start, at);
  }

  private static boolean isNamePart(char c, boolean digitAllowed) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || c == '_'
        || (digitAllowed && c >= '0' && c <= '9');
  }

  private JsonPath.Step inBrackets() {
    char first = at < text.length() ? text.charAt(at) : ']';
    if (first == '*') {
      at++;
      return JsonPath.Every.ELEMENT;
    }
    return first == '\'' ? new JsonPath.Member(quoted()) : new JsonPath.Index(index());
  }

  private int index() {
    int start = at;
    long index = 0;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      // Beyond every list: larger numbers need not be told apart.
      index = Math.min(index * 10 + (text.charAt(at) - '0'), Integer.MAX_VALUE);
      at++;
    }
    if (at == start) {
      throw wrong("a number, * or 'key'");
    }
    return (int) index;
  }

  /** A backslash makes the next quote or backslash a part of the key. */
  private String quoted() {
    at++;
    StringBuilder key = new StringBuilder();
    while (at < text.length() && text.charAt(at) != '\'') {
      if (text.charAt(at) == '\\') {
        at++;
        if (at == text.length() || "'\\".indexOf(text.charAt(at)) < 0) {
          throw wrong("\\' or \\\\");
        }
      }
      key.append(text.charAt(at++));
    }
    expect('\'', "'");
    return key.toString();
  }

  private void expect(char c, String expected) {
    if (at >= text.length() || text.charAt(at) != c) {
      throw wrong(expected);
    }
    at++;
  }

  private FilterException wrong(String expected) {
    return new FilterException(
        "key %s: not a path at character %d (expected: %s)"
            .formatted(Segments.quote(text), at + 1, expected));
  }
}
