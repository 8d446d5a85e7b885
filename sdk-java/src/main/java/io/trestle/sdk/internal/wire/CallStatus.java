package io.trestle.sdk.internal.wire;

import io.trestle.protocol.StatusCode;
import io.trestle.sdk.AccessDeniedException;
import io.trestle.sdk.CallTimeoutException;
import io.trestle.sdk.ConnectionException;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.ValidationException;

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

  /** The exception applications see, by the table of rpc.md 6. */
  public ServiceBridgeException toException(String prefix) {
    String text = prefix + ": " + (message.isEmpty() ? code.name() : message);
    return switch (io.trestle.protocol.ErrorCode.of(code)) {
      case CONNECTION -> new ConnectionException(text, code.number(), null);
      case VALIDATION -> new ValidationException(text);
      case ACCESS_DENIED -> new AccessDeniedException(text);
      case TIMEOUT -> new CallTimeoutException(text);
      default -> new ServiceBridgeException(io.trestle.protocol.ErrorCode.of(code), text, null);
    };
  }
}
