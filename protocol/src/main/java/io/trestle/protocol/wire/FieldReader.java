package io.trestle.protocol.wire;

import com.google.protobuf.InvalidProtocolBufferException;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Reads the texts and bytes of a protobuf message from a network buffer; other fields are skipped.
 * For messages that consist of such fields and are read often: protobuf's own reader copies a
 * buffer to an array before it reads it, this one copies each field once. What is malformed for
 * that reader is malformed here.
 */
public final class FieldReader {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int DELIMITED = 2;
  private static final int GROUP = 3;
  private static final int GROUP_END = 4;
  private static final int FIXED32 = 5;
  private static final int MAX_VARINT_BITS = 64;
  private static final int MAX_DEPTH = 100;
  private static final int NUMBER = -1;

  private final ByteBuf in;
  private int length;
  private long number;

  /** A reader of everything in a buffer. */
  public FieldReader(ByteBuf in) {
    this.in = in;
  }

  /**
   * Goes to the next field of text or bytes.
   *
   * @return its number; 0 at the end
   * @throws InvalidProtocolBufferException if the bytes are no message
   */
  public int next() throws InvalidProtocolBufferException {
    while (in.isReadable()) {
      int tag = tag();
      if ((tag & 7) == DELIMITED) {
        length = length();
        return tag >>> 3;
      }
      skip(tag, 0);
    }
    return 0;
  }

  /**
   * Goes to the next field of text, bytes, a message or a whole number, for messages that have
   * numbers; {@link #isNumber} says which.
   *
   * @return its number; 0 at the end
   * @throws InvalidProtocolBufferException if the bytes are no message
   */
  public int nextOrNumber() throws InvalidProtocolBufferException {
    while (in.isReadable()) {
      int tag = tag();
      if ((tag & 7) == DELIMITED) {
        length = length();
        return tag >>> 3;
      }
      if ((tag & 7) == VARINT) {
        length = NUMBER;
        number = varint();
        return tag >>> 3;
      }
      skip(tag, 0);
    }
    return 0;
  }

  /** Whether the field is a whole number. */
  public boolean isNumber() {
    return length == NUMBER;
  }

  /** The field as a whole number. */
  public long number() {
    return number;
  }

  /** The field as a message within the message, a view of the same bytes. */
  public FieldReader message() {
    return new FieldReader(in.readSlice(length));
  }

  /** Passes over the field. */
  public void skip() {
    if (length != NUMBER) {
      in.skipBytes(length);
    }
  }

  /** The field as bytes. */
  public byte[] bytes() {
    byte[] value = new byte[length];
    in.readBytes(value);
    return value;
  }

  /**
   * The field as text.
   *
   * @throws InvalidProtocolBufferException if it is not UTF-8
   */
  public String text() throws InvalidProtocolBufferException {
    byte[] value = bytes();
    for (byte b : value) {
      if (b < 0) {
        return strict(value);
      }
    }
    return new String(value, StandardCharsets.ISO_8859_1); // ASCII, without looking again
  }

  private static String strict(byte[] value) throws InvalidProtocolBufferException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(value)).toString();
    } catch (CharacterCodingException e) {
      throw malformed("a text is not UTF-8");
    }
  }

  private int tag() throws InvalidProtocolBufferException {
    int tag = (int) varint();
    if (tag >>> 3 == 0) {
      throw malformed("a field has no number");
    }
    return tag;
  }

  private int length() throws InvalidProtocolBufferException {
    int size = (int) varint();
    if (size < 0 || size > in.readableBytes()) {
      throw malformed("a field ends beyond the message");
    }
    return size;
  }

  private void skip(int tag, int depth) throws InvalidProtocolBufferException {
    switch (tag & 7) {
      case VARINT -> varint();
      case FIXED64 -> skipBytes(Long.BYTES);
      case DELIMITED -> skipBytes(length());
      case FIXED32 -> skipBytes(Integer.BYTES);
      case GROUP -> skipGroup(tag >>> 3, depth);
      default -> throw malformed("a field has an unknown type");
    }
  }

  private void skipGroup(int number, int depth) throws InvalidProtocolBufferException {
    if (depth >= MAX_DEPTH) {
      throw malformed("groups are nested too deeply");
    }
    int tag = tag();
    while ((tag & 7) != GROUP_END) {
      skip(tag, depth + 1);
      tag = tag();
    }
    if (tag >>> 3 != number) {
      throw malformed("a group ends another");
    }
  }

  private void skipBytes(int count) throws InvalidProtocolBufferException {
    if (count > in.readableBytes()) {
      throw malformed("a field ends beyond the message");
    }
    in.skipBytes(count);
  }

  private long varint() throws InvalidProtocolBufferException {
    long value = 0;
    for (int shift = 0; shift < MAX_VARINT_BITS; shift += 7) {
      if (!in.isReadable()) {
        throw malformed("the message ends within a field");
      }
      byte b = in.readByte();
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw malformed("a number is too long");
  }

  private static InvalidProtocolBufferException malformed(String why) {
    return new InvalidProtocolBufferException(why);
  }
}
