package io.trestle.kernel.gateway;

import java.nio.charset.StandardCharsets;

/**
 * Encodes {@code grpc-message}: printable ASCII as it is, every other byte of the UTF-8 form as a
 * percent sequence.
 */
final class StatusText {
  private static final String HEX = "0123456789ABCDEF";

  private StatusText() {}

  static String encode(String message) {
    if (message.chars().allMatch(StatusText::isPlain)) {
      return message;
    }
    StringBuilder text = new StringBuilder(message.length() + 16);
    for (byte b : message.getBytes(StandardCharsets.UTF_8)) {
      if (isPlain(b)) {
        text.append((char) b);
      } else {
        text.append('%').append(HEX.charAt((b >> 4) & 0xF)).append(HEX.charAt(b & 0xF));
      }
    }
    return text.toString();
  }

  private static boolean isPlain(int c) {
    return c >= ' ' && c <= '~' && c != '%';
  }
}
