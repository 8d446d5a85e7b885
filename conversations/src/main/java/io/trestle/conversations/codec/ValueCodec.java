package io.trestle.conversations.codec;

/** Writes and reads the values of one type; every value takes at least one byte. Never null. */
interface ValueCodec {
  void write(ByteWriter out, Object value);

  Object read(ByteReader in);
}
