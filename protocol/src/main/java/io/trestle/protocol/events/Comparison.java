package io.trestle.protocol.events;

/** The four orderings, over the sign of a comparison. */
enum Comparison {
  GREATER,
  GREATER_OR_EQUAL,
  LESS,
  LESS_OR_EQUAL;

  boolean holds(int sign) {
    return switch (this) {
      case GREATER -> sign > 0;
      case GREATER_OR_EQUAL -> sign >= 0;
      case LESS -> sign < 0;
      case LESS_OR_EQUAL -> sign <= 0;
    };
  }
}
