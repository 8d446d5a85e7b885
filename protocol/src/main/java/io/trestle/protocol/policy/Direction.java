package io.trestle.protocol.policy;

import java.util.Optional;

/** Whether a rule says what its service may do, or what it accepts from others. */
public enum Direction {
  EGRESS("E"),
  ACCEPTANCE("A");

  private final String code;

  Direction(String code) {
    this.code = code;
  }

  /** As it is stored. */
  public String code() {
    return code;
  }

  /** The direction of that code. */
  public static Optional<Direction> find(String code) {
    for (Direction direction : values()) {
      if (direction.code.equals(code)) {
        return Optional.of(direction);
      }
    }
    return Optional.empty();
  }
}
