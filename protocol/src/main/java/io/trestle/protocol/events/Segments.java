package io.trestle.protocol.events;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The common grammar of names and patterns: dot-separated segments of {@code [a-z0-9_-]+}. */
final class Segments {
  static final int MAX_BYTES = 255;
  static final int MAX_SEGMENTS = 32;
  static final String ONE = "*";
  static final String ANY = "#";

  private static final String SEGMENT = "a-z, 0-9, _ and -";

  private Segments() {}

  /** Why the text is no name (or no pattern), or null when it is one. */
  static @Nullable String problem(String text, boolean wildcards) {
    if (text.isEmpty()) {
      return "empty (expected: segments of " + SEGMENT + ")";
    }
    // Only ASCII passes below, so characters are bytes wherever the limit decides anything.
    if (text.length() > MAX_BYTES) {
      return text.length() + " characters (expected: at most " + MAX_BYTES + " bytes)";
    }
    List<String> segments = split(text);
    if (segments.size() > MAX_SEGMENTS) {
      return segments.size() + " segments (expected: at most " + MAX_SEGMENTS + ")";
    }
    int number = 0;
    for (String segment : segments) {
      number++;
      if (!valid(segment, wildcards)) {
        return "segment %d: %s (expected: %s%s)"
            .formatted(number, quote(segment), SEGMENT, wildcards ? ", or a whole * or #" : "");
      }
    }
    return null;
  }

  static List<String> split(String text) {
    List<String> segments = new ArrayList<>();
    int start = 0;
    for (int dot = text.indexOf('.'); dot >= 0; dot = text.indexOf('.', start)) {
      segments.add(text.substring(start, dot));
      start = dot + 1;
    }
    segments.add(text.substring(start));
    return segments;
  }

  /** The text in quotes, shortened and with control characters shown, fit for a message. */
  static String quote(String text) {
    String shown = text.length() > 64 ? text.substring(0, 64) + "…" : text;
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < shown.length(); i++) {
      char c = shown.charAt(i);
      quoted.append(Character.isISOControl(c) ? "\\u%04x".formatted((int) c) : String.valueOf(c));
    }
    return quoted.append('"').toString();
  }

  private static boolean valid(String segment, boolean wildcards) {
    if (wildcards && (segment.equals(ONE) || segment.equals(ANY))) {
      return true;
    }
    return !segment.isEmpty() && segment.chars().allMatch(Segments::allowed);
  }

  private static boolean allowed(int c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  }
}
