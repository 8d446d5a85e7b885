package io.trestle.events;

/**
 * Lease tokens: the epoch of this kernel and the number of the hand-out, so that a token of an
 * earlier life is never taken for one of this.
 */
final class DeliveryTokens {
  private static final int HEX = 16;

  private DeliveryTokens() {}

  static String prefix(long epoch) {
    return Long.toHexString(epoch) + '-';
  }

  static String text(String prefix, long token) {
    return prefix + Long.toHexString(token);
  }

  /** The number, or -1 for a token that is not of this epoch. */
  static long parse(String prefix, String text) {
    if (!text.startsWith(prefix)) {
      return -1;
    }
    try {
      return Long.parseLong(text.substring(prefix.length()), HEX);
    } catch (NumberFormatException e) {
      return -1;
    }
  }
}
