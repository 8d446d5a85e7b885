package io.trestle.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;

/** How events are shown. */
final class EventText {
  private static final int SHOWN = 200;

  private EventText() {}

  /** The value with its payload in place of the text of it. */
  static JsonNode json(JsonNode event) {
    ObjectNode shown = event.deepCopy();
    JsonNode text = shown.remove("payloadJson");
    if (text != null) {
      Json.parse(text.asText().getBytes(StandardCharsets.UTF_8))
          .ifPresent(payload -> shown.set("payload", payload));
    }
    JsonNode payload = shown.remove("payload");
    JsonNode headers = shown.remove("headers");
    ObjectNode renamed = (ObjectNode) Json.snakeCase(shown);
    if (headers != null) {
      renamed.set("headers", headers);
    }
    if (payload != null) {
      renamed.set("payload", payload);
    }
    return renamed;
  }

  /** The payload on one line, cut when it is long. */
  static String payload(JsonNode event) {
    String text =
        event.has("payloadJson")
            ? event.path("payloadJson").asText().replaceAll("\\s*[\\r\\n]\\s*", " ")
            : "base64:" + event.path("payloadBase64").asText();
    return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "...";
  }
}
