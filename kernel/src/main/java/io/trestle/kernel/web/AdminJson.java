package io.trestle.kernel.web;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.trestle.kernel.web.AdminFailure.Code;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.LinkedHashMap;

/**
 * Reads the body of an admin call strictly: UTF-8, one object, no name twice, nothing behind it.
 */
final class AdminJson {
  private static final TypeReference<LinkedHashMap<String, Object>> OBJECT =
      new TypeReference<>() {};

  private static final ObjectMapper MAPPER =
      new ObjectMapper(
              JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private AdminJson() {}

  static JsonObject parse(Buffer body) {
    try {
      LinkedHashMap<String, Object> members = MAPPER.readValue(body.getBytes(), OBJECT);
      if (members == null) {
        throw bad("null");
      }
      return new JsonObject(members);
    } catch (JsonProcessingException e) {
      throw bad(place(e));
    } catch (IOException e) {
      throw bad("not readable");
    }
  }

  private static AdminFailure bad(String what) {
    return new AdminFailure(
        Code.INVALID_ARGUMENT, "body: " + what + " (expected: one JSON object, no name twice)");
  }

  private static String place(JsonProcessingException e) {
    JsonLocation at = e.getLocation();
    return at == null
        ? "not a JSON object"
        : "not a JSON object, at line %d, column %d".formatted(at.getLineNr(), at.getColumnNr());
  }
}
