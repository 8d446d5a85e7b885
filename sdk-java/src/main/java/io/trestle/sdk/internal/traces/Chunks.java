package io.trestle.sdk.internal.traces;

import io.trestle.sdk.ValidationException;
import java.nio.charset.StandardCharsets;

/** What may be written (events.md 12.3). */
final class Chunks {
  static final int MAX_BYTES = 64 << 10;
  static final int MAX_KEY = 128;

  private Chunks() {}

  /** The bytes of a chunk, checked; that they are JSON is checked by the runtime's rules too. */
  static byte[] checked(String json, String key) {
    boolean good =
        !key.isEmpty()
            && key.length() <= MAX_KEY
            && key.codePoints().noneMatch(Character::isISOControl);
    if (!good) {
      throw new ValidationException("key: (expected: 1 to " + MAX_KEY + " printable characters)");
    }
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    if (bytes.length > MAX_BYTES) {
      throw new ValidationException(
          "chunk: " + bytes.length + " bytes (expected: at most " + MAX_BYTES + ")");
    }
    if (!JsonCheck.isOneValue(json)) {
      throw new ValidationException("chunk: (expected: one JSON value)");
    }
    return bytes;
  }
}
