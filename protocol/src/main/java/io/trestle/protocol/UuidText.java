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

  /** Bit i is set where character i is a dash. */
  private static final long DASHES = 1L << 8 | 1L << 13 | 1L << 18 | 1L << 23;

  private static final byte DIGIT = 1;
  private static final byte DASH = 2;
  private static final byte[] ROLES = roles();

  private UuidText() {}

  /** The lower-case form of a canonical UUID; empty for any other text. */
  public static Optional<String> parse(String text) {
    return text.length() == LENGTH && isUuidAt(text, 0)
        ? Optional.of(text.toLowerCase(Locale.ROOT))
        : Optional.empty();
  }

  /** Whether 36 characters of a canonical UUID, in any case, begin at an offset. */
  static boolean isUuidAt(String text, int offset) {
    boolean uuid = true;
    for (int i = 0; i < LENGTH && uuid; i++) {
      char c = text.charAt(offset + i);
      uuid = c < ROLES.length && ROLES[c] == (isDash(i) ? DASH : DIGIT);
    }
    return uuid;
  }

  private static boolean isDash(int index) {
    return (DASHES >>> index & 1) != 0;
  }

  private static byte[] roles() {
    byte[] roles = new byte[128];
    "0123456789abcdefABCDEF".chars().forEach(digit -> roles[digit] = DIGIT);
    roles['-'] = DASH;
    return roles;
  }
}
