package io.trestle.events;

import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Headers of an event as the JSON object that is stored. */
final class HeaderText {
  private HeaderText() {}

  /** Null for none. */
  static @Nullable String of(Map<String, String> headers) {
    return headers.isEmpty() ? null : new JsonObject(new TreeMap<>(headers)).encode();
  }

  static Map<String, String> parse(@Nullable String text) {
    if (text == null) {
      return Map.of();
    }
    Map<String, String> headers = new TreeMap<>();
    new JsonObject(text).forEach(e -> headers.put(e.getKey(), String.valueOf(e.getValue())));
    return headers;
  }
}
