package io.trestle.sdk.internal.wire;

import io.trestle.protocol.ErrorCode;
import io.trestle.protocol.wire.CallStatus;
import io.trestle.sdk.AccessDeniedException;
import io.trestle.sdk.CallTimeoutException;
import io.trestle.sdk.ConflictException;
import io.trestle.sdk.ConnectionException;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.ValidationException;

/** What applications see of a status, by the table of rpc.md 6. */
public final class Failures {
  private Failures() {}

  /** The exception of a status other than OK. */
  public static ServiceBridgeException of(CallStatus status, String prefix) {
    String said = status.message().isEmpty() ? status.code().name() : status.message();
    String text = prefix + ": " + said;
    ErrorCode code = ErrorCode.of(status.code());
    return switch (code) {
      case CONNECTION -> new ConnectionException(text, status.code().number(), null);
      case VALIDATION -> new ValidationException(text);
      case ACCESS_DENIED -> new AccessDeniedException(text);
      case TIMEOUT -> new CallTimeoutException(text);
      case CONFLICT -> new ConflictException(text);
      default -> new ServiceBridgeException(code, text, null);
    };
  }
}
