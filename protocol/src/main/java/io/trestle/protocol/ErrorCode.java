package io.trestle.protocol;

/** The error codes that every SDK shows to applications (wire.md 5.2, rpc.md 6). */
public enum ErrorCode {
  /** An option or a key is unusable. */
  CONFIG(false),
  /** Called in the wrong phase of the client's life. */
  STATE(false),
  /** The other side cannot be reached just now. */
  CONNECTION(true),
  /** Time is up; the outcome is unknown. */
  TIMEOUT(false),
  /** The caller gave up. */
  CANCELLED(false),
  /** Not known, or not allowed. */
  ACCESS_DENIED(false),
  /** No such thing, or no such method. */
  NOT_FOUND(false),
  /** The request is wrong. */
  VALIDATION(false),
  /** It exists already. */
  CONFLICT(false),
  /** The run has finished. */
  TERMINAL(false),
  /** Nobody serves the method, in the caller's own view. */
  NO_LIVE_INSTANCE(true),
  /** A bound of the other side is reached. */
  OVERLOADED(true),
  /** The local buffer of publishes is full. */
  QUEUE_FULL(true),
  /** The name of an event does not fit the rules. */
  INVALID_EVENT_NAME(false),
  /** The handler answered with an error. */
  HANDLER(false),
  /** Everything else. */
  INTERNAL(false);

  private final boolean retryable;

  ErrorCode(boolean retryable) {
    this.retryable = retryable;
  }

  /** The code of a status that is not OK. */
  public static ErrorCode of(StatusCode status) {
    return switch (status) {
      case CANCELLED -> CANCELLED;
      case INVALID_ARGUMENT, FAILED_PRECONDITION, OUT_OF_RANGE -> VALIDATION;
      case DEADLINE_EXCEEDED -> TIMEOUT;
      case NOT_FOUND, UNIMPLEMENTED -> NOT_FOUND;
      case ALREADY_EXISTS -> CONFLICT;
      case PERMISSION_DENIED, UNAUTHENTICATED -> ACCESS_DENIED;
      case RESOURCE_EXHAUSTED -> OVERLOADED;
      case UNAVAILABLE -> CONNECTION;
      case OK, UNKNOWN, ABORTED, INTERNAL, DATA_LOSS -> INTERNAL;
    };
  }

  /** The code of the number of a status; {@link #INTERNAL} for one that is not listed. */
  public static ErrorCode ofStatus(int number) {
    return of(StatusCode.of(number));
  }

  /**
   * Whether a later attempt may succeed. It does not say that repeating is safe: only the proof
   * that a call was not dispatched does.
   */
  public boolean retryable() {
    return retryable;
  }
}
