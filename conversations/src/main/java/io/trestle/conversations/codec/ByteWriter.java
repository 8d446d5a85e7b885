package io.trestle.conversations.codec;

import java.util.Arrays;

/** Bytes on their way out; grows as needed. */
final class ByteWriter {
  private byte[] bytes = new byte[128];
  private int size;
  private int depth;

  void u8(int value) {
    room(1);
    bytes[size++] = (byte) value;
  }

  void fixed32(int value) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      u8(value >>> shift);
    }
  }

  void fixed64(long value) {
    fixed32((int) (value >>> 32));
    fixed32((int) value);
  }

  /** Seven bits in a byte, the lowest first; the top bit says that more follow. */
  void unsigned(long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      u8((int) (rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    u8((int) rest);
  }

  /** Zigzag: small numbers of either sign are short. */
  void signed(long value) {
    unsigned((value << 1) ^ (value >> 63));
  }

  void raw(byte[] value) {
    room(value.length);
    System.arraycopy(value, 0, bytes, size, value.length);
    size += value.length;
  }

  /** Entered once for each record in a record, so that a bottomless value ends with a message. */
  void enter() {
    if (++depth > ByteReader.MAX_DEPTH) {
      throw new CodecException("records nested deeper than " + ByteReader.MAX_DEPTH);
    }
  }

  void leave() {
    depth--;
  }

  byte[] toBytes() {
    return Arrays.copyOf(bytes, size);
  }

  private void room(int more) {
    long needed = (long) size + more;
    if (needed > Integer.MAX_VALUE - 8) {
      throw new CodecException("larger than 2 GiB");
    }
    if (needed > bytes.length) {
      long doubled = Math.min(2L * bytes.length, Integer.MAX_VALUE - 8);
      bytes = Arrays.copyOf(bytes, (int) Math.max(needed, doubled));
    }
  }
}
