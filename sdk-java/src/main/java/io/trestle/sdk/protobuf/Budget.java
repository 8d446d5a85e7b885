package io.trestle.sdk.protobuf;

/**
 * What the values of one payload may cost. A nested message takes two bytes on the wire and, with
 * every field in its place, kilobytes in Java; so a payload within all bounds of size could fill
 * the memory. One that has more than {@value #MAX_VALUES} members of messages is refused.
 */
final class Budget {
  static final int MAX_VALUES = 1_000_000;

  private int left = MAX_VALUES;

  /** Takes the members of a message. */
  void take(int members) throws Misfit {
    left -= members + 1;
    if (left < 0) {
      throw new Misfit("more than " + MAX_VALUES + " values (expected: fewer)");
    }
  }
}
