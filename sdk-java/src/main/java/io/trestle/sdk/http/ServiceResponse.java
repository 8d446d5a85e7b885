package io.trestle.sdk.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.trestle.sdk.ValidationException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/**
 * What a service answered, whatever the status.
 *
 * @param status of HTTP
 * @param body the bytes; not copied
 */
public record ServiceResponse(int status, HttpHeaders headers, byte[] body) {

  /** Whether the status is 200 to 299. */
  public boolean ok() {
    return status >= 200 && status < 300;
  }

  /** The body as UTF-8. */
  public String text() {
    return new String(body, UTF_8);
  }

  /**
   * The body as JSON: {@code Map}, {@code List}, {@code String}, {@code Number}, {@code Boolean} or
   * null.
   *
   * @throws ValidationException if it is not JSON
   */
  public @Nullable Object json() {
    try {
      Object value = Json.decodeValue(Buffer.buffer(body));
      if (value instanceof JsonObject object) {
        return object.getMap();
      }
      return value instanceof JsonArray array ? array.getList() : value;
    } catch (DecodeException e) {
      throw new ValidationException("the answer is not JSON: " + e.getMessage());
    }
  }
}
