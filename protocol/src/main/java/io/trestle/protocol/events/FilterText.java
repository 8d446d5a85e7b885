package io.trestle.protocol.events;

import java.nio.charset.StandardCharsets;

/** Decides which of the two forms a filter text has; limits and blanks common to both. */
final class FilterText {
  private FilterText() {}

  static EventFilter parse(String text) {
    int first = 0;
    while (first < text.length() && isBlank(text.charAt(first))) {
      first++;
    }
    if (first == text.length()) {
      return EventFilter.passAll();
    }
    checkLength(text);
    boolean json = text.charAt(first) == '{' || text.charAt(first) == '[';
    return json ? JsonFilterParser.parse(text) : new TextFilterParser(text).parse();
  }

  static boolean isBlank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
  }

  static void checkConditions(int count) {
    if (count > EventFilter.MAX_CONDITIONS) {
      throw new FilterException("more than " + EventFilter.MAX_CONDITIONS + " conditions");
    }
  }

  /** The length in characters first, so that a huge text is not copied to measure it. */
  private static void checkLength(String text) {
    int limit = EventFilter.MAX_BYTES;
    if (text.length() > limit || text.getBytes(StandardCharsets.UTF_8).length > limit) {
      throw new FilterException("longer than " + limit + " bytes");
    }
  }
}
