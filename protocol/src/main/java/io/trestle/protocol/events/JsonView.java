package io.trestle.protocol.events;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The JSON view of one event's payload, parsed once and then tested against every filter. Numbers
 * are exact, of duplicate keys the last wins, at most 64 levels deep. Immutable.
 */
public final class JsonView {
  private final Object root;

  private JsonView(Object root) {
    this.root = root;
  }

  /** The view of a JSON text in UTF-8; empty when it is not one, or deeper than 64 levels. */
  public static Optional<JsonView> parse(byte[] json) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(json)).toString();
      return Optional.of(new JsonView(Json.parse(text)));
    } catch (CharacterCodingException | Json.Malformed e) {
      return Optional.empty();
    }
  }

  /**
   * The view of an event (docs/spec events 9.1 rule 9): its {@code payload_json}; where that is
   * empty and there is no schema, its payload, should it be JSON. Empty means that no filter
   * passes.
   */
  public static Optional<JsonView> ofEvent(
      byte[] payloadJson, byte[] payload, String contractHash) {
    if (payloadJson.length > 0) {
      return parse(payloadJson);
    }
    return contractHash.isEmpty() ? parse(payload) : Optional.empty();
  }

  Object root() {
    return root;
  }

  /**
   * A text that two views share exactly when they are equal as JSON values: keys sorted, numbers by
   * value. Not JSON: texts carry their length instead of escapes.
   */
  public String canonical() {
    StringBuilder text = new StringBuilder();
    write(root, text);
    return text.toString();
  }

  private static void write(Object value, StringBuilder to) {
    if (value instanceof Map<?, ?> map) {
      to.append('{');
      new TreeMap<>(map).forEach((key, member) -> entry(String.valueOf(key), member, to));
      to.append('}');
    } else if (value instanceof List<?> list) {
      to.append('[');
      list.forEach(element -> write(element, to));
      to.append(']');
    } else if (value instanceof String string) {
      text(string, to);
    } else {
      to.append(value).append(';');
    }
  }

  private static void entry(String key, Object value, StringBuilder to) {
    text(key, to);
    write(value, to);
  }

  private static void text(String text, StringBuilder to) {
    to.append('"').append(text.length()).append(':').append(text);
  }
}
