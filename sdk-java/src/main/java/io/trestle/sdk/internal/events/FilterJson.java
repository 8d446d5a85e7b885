package io.trestle.sdk.internal.events;

import io.trestle.sdk.ValidationException;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes the filters that applications give as maps. */
public final class FilterJson {
  private FilterJson() {}

  /**
   * The text of a filter.
   *
   * @throws ValidationException if a value has no JSON form
   */
  public static String text(Map<String, ?> filter) {
    StringBuilder out = new StringBuilder();
    value(out, filter);
    return out.toString();
  }

  private static void value(StringBuilder out, @Nullable Object value) {
    if (value instanceof Map<?, ?> map) {
      object(out, map);
    } else if (value instanceof List<?> list) {
      array(out, list);
    } else if (value instanceof CharSequence text) {
      quoted(out, text);
    } else if (value == null || value instanceof Boolean || finite(value)) {
      out.append(value);
    } else {
      throw new ValidationException(
          "filter: " + value + " (expected: a text, number, boolean, list, map or null)");
    }
  }

  private static boolean finite(Object value) {
    return value instanceof Number number && Double.isFinite(number.doubleValue());
  }

  private static void object(StringBuilder out, Map<?, ?> map) {
    out.append('{');
    Iterator<? extends Map.Entry<?, ?>> entries = map.entrySet().iterator();
    while (entries.hasNext()) {
      Map.Entry<?, ?> entry = entries.next();
      quoted(out, String.valueOf(entry.getKey()));
      out.append(':');
      value(out, entry.getValue());
      out.append(entries.hasNext() ? "," : "");
    }
    out.append('}');
  }

  private static void array(StringBuilder out, List<?> list) {
    out.append('[');
    Iterator<?> values = list.iterator();
    while (values.hasNext()) {
      value(out, values.next());
      out.append(values.hasNext() ? "," : "");
    }
    out.append(']');
  }

  private static void quoted(StringBuilder out, CharSequence text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < ' ') {
        out.append("\\u%04x".formatted((int) c));
      } else {
        out.append(c);
      }
    }
    out.append('"');
  }
}
