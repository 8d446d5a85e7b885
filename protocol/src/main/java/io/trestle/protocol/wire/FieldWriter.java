package io.trestle.protocol.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;

/**
 * Writes the fields of a protobuf message straight into a network buffer, and tells their sizes
 * before; the counterpart of {@link FieldReader}. Empty fields are left out.
 */
public final class FieldWriter {
  private static final int DELIMITED = 2;

  private FieldWriter() {}

  /** The size of a text with its tag and length, in bytes. */
  public static int size(int field, String value) {
    return value.isEmpty() ? 0 : delimited(field, ByteBufUtil.utf8Bytes(value));
  }

  /** The size of bytes with their tag and length, in bytes. */
  public static int size(int field, byte[] value) {
    return value.length == 0 ? 0 : delimited(field, value.length);
  }

  /** The size of a number with its tag, in bytes. */
  public static int size(int field, long value) {
    return value == 0 ? 0 : varintSize(field << 3) + longSize(value);
  }

  /** The size of a message within the message, with its tag and length, in bytes. */
  public static int nestedSize(int field, int length) {
    return delimited(field, length);
  }

  /** Begins a message within the message; its fields follow, exactly that many bytes. */
  public static void begin(ByteBuf out, int field, int length) {
    varint(varint(out, tag(field)), length);
  }

  /** Writes a text. */
  public static void write(ByteBuf out, int field, String value) {
    if (!value.isEmpty()) {
      int length = ByteBufUtil.utf8Bytes(value);
      varint(varint(out, tag(field)), length);
      ByteBufUtil.reserveAndWriteUtf8(out, value, length);
    }
  }

  /** Writes bytes. */
  public static void write(ByteBuf out, int field, byte[] value) {
    if (value.length > 0) {
      varint(varint(out, tag(field)), value.length).writeBytes(value);
    }
  }

  /** Writes a number; a negative one takes ten bytes, as int32 and int64 have it. */
  public static void write(ByteBuf out, int field, long value) {
    if (value != 0) {
      varint(out, field << 3);
      long rest = value;
      while ((rest & ~0x7fL) != 0) {
        out.writeByte((int) (rest & 0x7f) | 0x80);
        rest >>>= 7;
      }
      out.writeByte((int) rest);
    }
  }

  private static int tag(int field) {
    return (field << 3) | DELIMITED;
  }

  private static int delimited(int field, int length) {
    return varintSize(tag(field)) + varintSize(length) + length;
  }

  private static int varintSize(int value) {
    return (38 - Integer.numberOfLeadingZeros(value | 1)) / 7;
  }

  private static int longSize(long value) {
    return (70 - Long.numberOfLeadingZeros(value | 1)) / 7;
  }

  private static ByteBuf varint(ByteBuf out, int value) {
    int rest = value;
    while ((rest & ~0x7f) != 0) {
      out.writeByte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    return out.writeByte(rest);
  }
}
