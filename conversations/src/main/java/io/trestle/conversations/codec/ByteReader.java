package io.trestle.conversations.codec;

import java.util.Arrays;

/**
 * Bytes on their way in. Trusts nothing: every length is checked against what is left before
 * anything is made of that size.
 */
final class ByteReader {
  static final int MAX_DEPTH = 64;

  private final byte[] bytes;
  private int at;
  private int depth;

  ByteReader(byte[] bytes) {
    this.bytes = bytes;
  }

  int u8(String expected) {
    if (at == bytes.length) {
      throw wrong("end of input", expected);
    }
    return bytes[at++] & 0xff;
  }

  int fixed32(String expected) {
    int value = 0;
    for (int i = 0; i < 4; i++) {
      value = (value << 8) | u8(expected);
    }
    return value;
  }

  long fixed64(String expected) {
    long high = fixed32(expected);
    return (high << 32) | (fixed32(expected) & 0xffffffffL);
  }

  /** Accepts only the shortest form, so that a value has one byte form. */
  long unsigned(String expected) {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      int next = u8(expected);
      boolean overflows = shift == 63 && next > 1;
      boolean padded = shift > 0 && next == 0;
      if (overflows || padded) {
        throw wrong("malformed number", expected);
      }
      value |= (long) (next & 0x7f) << shift;
      if (next < 0x80) {
        return value;
      }
    }
    throw wrong("malformed number", expected);
  }

  long signed(String expected) {
    long value = unsigned(expected);
    return (value >>> 1) ^ -(value & 1);
  }

  /** A signed number within bounds, both inclusive. */
  long signed(long min, long max, String expected) {
    long value = signed(expected);
    if (value < min || value > max) {
      throw wrong(Long.toString(value), expected);
    }
    return value;
  }

  /** A count of things that take at least one byte each, hence never more than what is left. */
  int count(String expected) {
    long count = unsigned(expected);
    if (count < 0 || count > bytes.length - at) {
      throw wrong(
          Long.toUnsignedString(count) + " where " + (bytes.length - at) + " bytes are left",
          expected);
    }
    return (int) count;
  }

  /** That many bytes; the count comes from {@link #count} or is checked here. */
  byte[] raw(int count, String expected) {
    if (count > bytes.length - at) {
      throw wrong("end of input", expected);
    }
    at += count;
    return Arrays.copyOfRange(bytes, at - count, at);
  }

  void end() {
    if (at != bytes.length) {
      throw wrong((bytes.length - at) + " more bytes", "the end");
    }
  }

  void enter() {
    if (++depth > MAX_DEPTH) {
      throw wrong("one more record", "at most " + MAX_DEPTH + " in one another");
    }
  }

  void leave() {
    depth--;
  }

  CodecException wrong(String found, String expected) {
    return new CodecException("byte %d: %s (expected: %s)".formatted(at, found, expected));
  }
}
