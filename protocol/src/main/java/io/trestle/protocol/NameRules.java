package io.trestle.protocol;

/** The rules for names of services, RPC methods, workflows and jobs (rpc.md 1.2 rule 5). */
public final class NameRules {
  /** Bound of a name, in characters. */
  public static final int MAX_LENGTH = 255;

  private static final String EXPECTED =
      " (expected: 1 to 255 characters without whitespace, control characters and '/', not \"*\")";

  private NameRules() {}

  /** Whether a text is a name. */
  public static boolean isName(String text) {
    int length = text.codePointCount(0, text.length());
    return length >= 1
        && length <= MAX_LENGTH
        && !text.equals("*")
        && text.codePoints().allMatch(NameRules::isNameCharacter);
  }

  /**
   * Returns the name.
   *
   * @param what says in the message what the name is of
   * @throws IllegalArgumentException if it is not a name
   */
  public static String check(String what, String text) {
    if (!isName(text)) {
      throw new IllegalArgumentException(what + ": " + shown(text) + EXPECTED);
    }
    return text;
  }

  private static boolean isNameCharacter(int c) {
    return c != '/'
        && !Character.isISOControl(c)
        && !Character.isWhitespace(c)
        && !Character.isSpaceChar(c);
  }

  /** Short enough for a status message, and on one line. */
  private static String shown(String text) {
    String head = text.length() <= 64 ? text : text.substring(0, 64) + "…";
    return '"' + head.replaceAll("\\p{Cntrl}", "?") + '"';
  }
}
