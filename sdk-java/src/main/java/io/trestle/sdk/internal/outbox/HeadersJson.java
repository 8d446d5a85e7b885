package io.trestle.sdk.internal.outbox;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.trestle.sdk.internal.events.FilterJson;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** Headers as a column has them: a JSON object of texts. */
public final class HeadersJson {
  private static final JsonFactory JSON = new JsonFactory();

  private HeadersJson() {}

  /** Their text. */
  public static String write(Map<String, String> headers) {
    return FilterJson.text(headers);
  }

  /**
   * Reads a text; what is not a text in it is taken as it is written.
   *
   * @throws IllegalArgumentException if it is no JSON object
   */
  public static Map<String, String> read(String text) {
    if (text.equals("{}")) {
      return Map.of();
    }
    Map<String, String> headers = new LinkedHashMap<>();
    try (JsonParser in = JSON.createParser(text)) {
      if (in.nextToken() != JsonToken.START_OBJECT) {
        throw new IllegalArgumentException("headers: no JSON object");
      }
      for (String key = in.nextFieldName(); key != null; key = in.nextFieldName()) {
        in.nextToken();
        headers.put(key, in.getText());
        in.skipChildren();
      }
    } catch (IOException e) {
      throw new IllegalArgumentException("headers: " + e.getMessage(), e);
    }
    return headers;
  }
}
