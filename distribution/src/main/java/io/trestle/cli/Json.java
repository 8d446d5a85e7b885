package io.trestle.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import java.util.Optional;

/** JSON as the command line reads and prints it. */
final class Json {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** {@code "api_key": "sb.…"} with one blank after the colon: scripts cut keys out of that. */
  private static final DefaultPrettyPrinter PRINTER =
      new DefaultPrettyPrinter(
          Separators.createDefaultInstance()
              .withObjectFieldValueSpacing(Separators.Spacing.AFTER)
              .withObjectEmptySeparator("")
              .withArrayEmptySeparator(""));

  private Json() {}

  static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  static ArrayNode array() {
    return MAPPER.createArrayNode();
  }

  static Optional<JsonNode> parse(byte[] text) {
    try {
      return Optional.ofNullable(MAPPER.readTree(text));
    } catch (java.io.IOException e) {
      return Optional.empty();
    }
  }

  static String print(JsonNode value) {
    try {
      return MAPPER.writer(PRINTER).writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The same with every {@code lowerCamel} name as {@code snake_case}, as our files have them. */
  static JsonNode snakeCase(JsonNode value) {
    if (value instanceof ObjectNode object) {
      ObjectNode renamed = object();
      object
          .properties()
          .forEach(field -> renamed.set(snakeCase(field.getKey()), snakeCase(field.getValue())));
      return renamed;
    }
    if (value instanceof ArrayNode list) {
      ArrayNode renamed = array();
      list.forEach(item -> renamed.add(snakeCase(item)));
      return renamed;
    }
    return value;
  }

  private static String snakeCase(String name) {
    return name.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
  }
}
