package io.trestle.sdk.internal.inbound;

import io.trestle.protocol.StatusCode;
import io.trestle.protocol.wire.CallStatus;
import io.trestle.sdk.HandlerException;
import io.trestle.sdk.internal.call.Caller;
import io.trestle.sdk.internal.wire.CallMessages;
import org.jspecify.annotations.Nullable;

/** Tells the caller what came of a handler (rpc.md 5.2). Any thread. */
interface Outcome<T> {

  /** Either a reply or a failure; with neither, a unary handler has answered with null. */
  void tell(@Nullable T reply, @Nullable Throwable failure);

  /** The error pair of a failure. */
  static CallMessages.Response failed(@Nullable Throwable failure) {
    String text =
        failure == null
            ? "the handler answered with null"
            : failure.getMessage() == null ? failure.toString() : failure.getMessage();
    String code =
        failure instanceof HandlerException e && !e.remote()
            ? e.handlerCode()
            : HandlerException.INTERNAL;
    return new CallMessages.Response(new byte[0], code, text);
  }

  /** What to say of a message beyond the bound. */
  static CallStatus tooLarge(String what, int size) {
    String text = what + ": " + size + " bytes (expected: at most " + Caller.MAX_MESSAGE + ")";
    return CallStatus.of(StatusCode.RESOURCE_EXHAUSTED, text);
  }

  /** The status of a request that does not decode; null for any other failure. */
  static @Nullable CallStatus refusal(@Nullable Throwable failure) {
    return failure instanceof UndecodableException e
        ? CallStatus.of(StatusCode.INVALID_ARGUMENT, String.valueOf(e.getMessage()))
        : null;
  }
}
