package io.trestle.protocol.wire;

import io.trestle.protocol.StatusCode;

/**
 * How an exchange ended.
 *
 * @param code the status
 * @param message the text that came with it
 * @param notDispatched whether the other end proves that no handler ran (wire.md 6.2)
 */
public record CallStatus(StatusCode code, String message, boolean notDispatched) {

  /** The good end. */
  public static final CallStatus OK = new CallStatus(StatusCode.OK, "", false);

  /** A status without proof. */
  public static CallStatus of(StatusCode code, String message) {
    return new CallStatus(code, message, false);
  }

  /** Whether it is the good end. */
  public boolean ok() {
    return code == StatusCode.OK;
  }
}
