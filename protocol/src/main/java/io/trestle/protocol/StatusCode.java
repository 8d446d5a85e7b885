package io.trestle.protocol;

/** The statuses of gRPC with their numbers on the wire. */
public enum StatusCode {
  /** No error. */
  OK(0),
  /** The caller gave up. */
  CANCELLED(1),
  /** No better status is known. */
  UNKNOWN(2),
  /** The request is wrong whatever the state. */
  INVALID_ARGUMENT(3),
  /** Time is up; the outcome is unknown. */
  DEADLINE_EXCEEDED(4),
  /** What was asked for does not exist. */
  NOT_FOUND(5),
  /** It exists already. */
  ALREADY_EXISTS(6),
  /** The caller is known and may not. */
  PERMISSION_DENIED(7),
  /** A bound is reached. */
  RESOURCE_EXHAUSTED(8),
  /** The request does not fit the state. */
  FAILED_PRECONDITION(9),
  /** Replaced or overtaken by another. */
  ABORTED(10),
  /** Past the valid range. */
  OUT_OF_RANGE(11),
  /** No such method. */
  UNIMPLEMENTED(12),
  /** A fault of the server. */
  INTERNAL(13),
  /** The server cannot just now. */
  UNAVAILABLE(14),
  /** Data is lost or corrupt. */
  DATA_LOSS(15),
  /** The caller is not known. */
  UNAUTHENTICATED(16);

  private static final StatusCode[] BY_NUMBER = byNumber();

  private final int number;

  StatusCode(int number) {
    this.number = number;
  }

  /** The status of a number; {@link #UNKNOWN} outside 0 to 16. */
  public static StatusCode of(int number) {
    return number >= 0 && number < BY_NUMBER.length ? BY_NUMBER[number] : UNKNOWN;
  }

  /** The number on the wire. */
  public int number() {
    return number;
  }

  private static StatusCode[] byNumber() {
    StatusCode[] table = new StatusCode[values().length];
    for (StatusCode code : values()) {
      table[code.number] = code;
    }
    return table;
  }
}
