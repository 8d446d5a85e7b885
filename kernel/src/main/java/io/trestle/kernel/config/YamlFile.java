package io.trestle.kernel.config;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Reads YAML strictly: one document, a map at the top, no key twice. Errors show the place, never
 * the text.
 */
final class YamlFile {
  private static final ObjectMapper MAPPER =
      new ObjectMapper(
              YAMLFactory.builder()
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .enable(
                      YAMLParser.Feature.EMPTY_STRING_AS_NULL,
                      YAMLParser.Feature.PARSE_BOOLEAN_LIKE_WORDS_AS_STRINGS)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private YamlFile() {}

  /** The file as a tree; errors name it as {@code shown}. */
  static ObjectNode read(Path file, String shown) {
    try {
      return parse(Files.readString(file), shown);
    } catch (NoSuchFileException e) {
      throw new ConfigurationException(shown, "", "no such file (expected: a YAML file)");
    } catch (IOException e) {
      throw new ConfigurationException(
          shown,
          "",
          "cannot be read: " + e.getClass().getSimpleName() + " (expected: a readable YAML file)");
    }
  }

  static ObjectNode parse(String text, String shown) {
    JsonNode tree;
    try {
      tree = MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      throw new ConfigurationException(shown, "", problem(e));
    }
    if (tree.isMissingNode() || tree.isNull()) {
      return MAPPER.createObjectNode();
    }
    if (tree instanceof ObjectNode map) {
      return map;
    }
    throw new ConfigurationException(
        shown, "", RecordMapper.kindOf(tree) + " at the top (expected: a map of keys)");
  }

  /** One value, such as the text of a {@link Default}. */
  static JsonNode value(String text) {
    try {
      JsonNode tree = MAPPER.readTree(text);
      return tree.isMissingNode() ? NullNode.getInstance() : tree;
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("default: not YAML", e);
    }
  }

  private static String problem(JsonProcessingException e) {
    JsonLocation at = e.getLocation();
    String where = at == null ? "" : " at line " + at.getLineNr() + ", column " + at.getColumnNr();
    String original = e.getOriginalMessage();
    String what =
        original.startsWith("Duplicate field")
            ? original.lines().findFirst().orElse("")
            : "not valid YAML";
    return what + where + " (expected: one map, spaces for indentation, no key twice)";
  }
}
