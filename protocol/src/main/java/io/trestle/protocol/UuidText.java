package io.trestle.protocol;

import java.util.Locale;
import java.util.Optional;

/**
 * UUIDs as they travel: 36 characters. A request may write them in any case; answers and
 * certificates are lower case, because peers compare the strings byte for byte (wire.md 1.1).
 */
public final class UuidText {
  /** Length of the canonical form. */
  public static final int LENGTH = 36;

  private UuidText() {}

  /** The lower-case form of a canonical UUID; empty for any other text. */
  public static Optional<String> parse(String text) {
    return text.length() == LENGTH && isUuidAt(text, 0)
        ? Optional.of(text.toLowerCase(Locale.ROOT))
        : Optional.empty();
  }

  /** Whether 36 characters of a canonical UUID, in any case, begin at an offset. */
  static boolean isUuidAt(String text, int offset) {
    for (int i = 0; i < LENGTH; i++) {
      char c = text.charAt(offset + i);
      boolean dash = i == 8 || i == 13 || i == 18 || i == 23;
      if (dash ? c != '-' : !isHex(c)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isHex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  }
}
