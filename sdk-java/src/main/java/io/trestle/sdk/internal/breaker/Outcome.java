package io.trestle.sdk.internal.breaker;

import io.trestle.protocol.ErrorCode;

/** What a direct call says of its instance (rpc.md 4.4). */
public enum Outcome {
  /** The instance answered; a denial or an error of a handler is an answer too. */
  ANSWERED,
  /** The way to it, or the instance as such, is in a bad state. */
  FAILED,
  /** Nobody waited for the end, so it says nothing. */
  UNKNOWN;

  /** The outcome of a call that ended with a status other than OK. */
  public static Outcome of(ErrorCode code) {
    return switch (code) {
      case CONNECTION, TIMEOUT, OVERLOADED, INTERNAL -> FAILED;
      default -> ANSWERED;
    };
  }
}
