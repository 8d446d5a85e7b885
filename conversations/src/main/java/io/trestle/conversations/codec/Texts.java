package io.trestle.conversations.codec;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;

/**
 * Strings: a length, then UTF-8. A Java string may also hold half a surrogate pair, which UTF-8
 * cannot say; such a one travels as UTF-16, marked by the lowest bit of the length.
 */
final class Texts {
  private Texts() {}

  static void write(ByteWriter out, String text) {
    boolean wide = hasHalfPair(text);
    byte[] bytes = wide ? utf16(text) : text.getBytes(UTF_8);
    out.unsigned((long) bytes.length << 1 | (wide ? 1 : 0));
    out.raw(bytes);
  }

  static String read(ByteReader in) {
    long header = in.unsigned("a length of text");
    long length = header >>> 1;
    byte[] bytes =
        in.raw((int) Math.min(length, Integer.MAX_VALUE), "text of " + length + " bytes");
    return (header & 1) == 1 ? fromUtf16(in, bytes) : fromUtf8(in, bytes);
  }

  private static String fromUtf8(ByteReader in, byte[] bytes) {
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw in.wrong("malformed text", "UTF-8");
    }
  }

  private static String fromUtf16(ByteReader in, byte[] bytes) {
    char[] chars = new char[bytes.length / 2];
    ByteBuffer.wrap(bytes).asCharBuffer().get(chars);
    String text = new String(chars);
    if (bytes.length % 2 != 0 || !hasHalfPair(text)) {
      throw in.wrong("text in UTF-16", "UTF-8");
    }
    return text;
  }

  private static byte[] utf16(String text) {
    ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(text.length(), 2));
    bytes.asCharBuffer().put(text);
    return bytes.array();
  }

  private static boolean hasHalfPair(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        if (!Character.isSupplementaryCodePoint(text.codePointAt(i))) {
          return true;
        }
        i++;
      }
    }
    return false;
  }
}
