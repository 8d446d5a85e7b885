package io.trestle.pki.core;

import java.nio.ByteBuffer;
import java.util.HexFormat;

/** Names a bootstrap key: 8 bytes, public. */
public record KeyId(long value) {
  /** Length in bytes. */
  public static final int BYTES = 8;

  /**
   * Reads the raw bytes.
   *
   * @throws IllegalArgumentException when there are not exactly 8
   */
  public static KeyId of(byte[] bytes) {
    if (bytes.length != BYTES) {
      throw new IllegalArgumentException("key_id: %d bytes (expected: 8)".formatted(bytes.length));
    }
    return new KeyId(ByteBuffer.wrap(bytes).getLong());
  }

  /**
   * Reads 16 hexadecimal digits of any case.
   *
   * @throws IllegalArgumentException when the text is something else
   */
  public static KeyId parse(String hex) {
    if (hex.length() != 2 * BYTES) {
      throw new IllegalArgumentException(
          "keyId: %d characters (expected: 16 hexadecimal digits)".formatted(hex.length()));
    }
    try {
      return of(HexFormat.of().parseHex(hex));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("keyId: no hexadecimal text (expected: 16 digits)", e);
    }
  }

  /** The raw bytes, as stored. */
  public byte[] bytes() {
    return ByteBuffer.allocate(BYTES).putLong(value).array();
  }

  @Override
  public String toString() {
    return HexFormat.of().toHexDigits(value);
  }
}
