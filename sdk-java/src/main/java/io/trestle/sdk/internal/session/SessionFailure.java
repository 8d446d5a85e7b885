package io.trestle.sdk.internal.session;

import io.trestle.protocol.StatusCode;
import io.trestle.protocol.TerminalStatus;
import io.trestle.protocol.wire.CallStatus;
import io.trestle.sdk.ConnectionException;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.ValidationException;

/**
 * Why something of a session ended.
 *
 * @param terminal whether no retry can heal it
 * @param error what applications are told if it is the end
 */
public record SessionFailure(boolean terminal, ServiceBridgeException error) {

  /** A final verdict of ours. */
  static SessionFailure fatal(ServiceBridgeException error) {
    return new SessionFailure(true, error);
  }

  /** Something that may heal. */
  static SessionFailure passing(String reason) {
    return new SessionFailure(false, new ConnectionException(reason, -1, null));
  }

  /** The end of a call of the control plane (wire.md 5.1); a clean end is a failure, too. */
  static SessionFailure of(String what, CallStatus status) {
    String text =
        what + ": " + status.code() + (status.message().isEmpty() ? "" : " " + status.message());
    boolean terminal = TerminalStatus.ofSession(status.code());
    int number = status.ok() ? -1 : status.code().number();
    return new SessionFailure(terminal, new ConnectionException(text, number, null));
  }

  /** The same for the registry, where a bad request means bad declarations. */
  static SessionFailure ofRegistry(CallStatus status) {
    return status.code() == StatusCode.INVALID_ARGUMENT
        ? fatal(new ValidationException("registration refused: " + status.message()))
        : of("registry", status);
  }

  String reason() {
    return String.valueOf(error.getMessage());
  }
}
