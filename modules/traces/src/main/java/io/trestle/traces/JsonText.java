package io.trestle.traces;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import io.trestle.traces.core.ChunkRules;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Whether bytes are one JSON value. */
final class JsonText {
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .build();

  private JsonText() {}

  /** What is wrong; null for one value in UTF-8 of at most the largest size. */
  static @Nullable String problem(byte[] json) {
    if (json.length > ChunkRules.MAX_CHUNK) {
      return "data_json: %d bytes (expected: at most %d)"
          .formatted(json.length, ChunkRules.MAX_CHUNK);
    }
    return isOneValue(json) ? null : "data_json: (expected: one JSON value in UTF-8)";
  }

  private static boolean isOneValue(byte[] json) {
    try (JsonParser parser = FACTORY.createParser(text(json))) {
      if (parser.nextToken() == null) {
        return false;
      }
      parser.skipChildren();
      return parser.nextToken() == null;
    } catch (IOException e) {
      return false;
    }
  }

  private static String text(byte[] json) throws CharacterCodingException {
    return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(json)).toString();
  }
}
