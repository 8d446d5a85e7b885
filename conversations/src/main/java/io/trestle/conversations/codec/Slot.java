package io.trestle.conversations.codec;

import org.jspecify.annotations.Nullable;

/** A place for a value: a component of a record, the elements of its list. May allow null. */
record Slot(String name, ValueCodec codec, boolean nullable) {
  void write(ByteWriter out, @Nullable Object value) {
    try {
      writeValue(out, value);
    } catch (CodecException e) {
      throw e.in(name);
    }
  }

  private void writeValue(ByteWriter out, @Nullable Object value) {
    if (nullable) {
      out.u8(value == null ? 0 : 1);
    }
    if (value != null) {
      codec.write(out, value);
    } else if (!nullable) {
      throw new CodecException("null (expected: a value, or the type declared @Nullable)");
    }
  }

  @Nullable Object read(ByteReader in) {
    try {
      return nullable && !Scalars.flag(in, "0 for null or 1") ? null : codec.read(in);
    } catch (CodecException e) {
      throw e.in(name);
    }
  }
}
