package io.trestle.sdk.internal.inbound;

import io.trestle.protocol.wire.CallStatus;
import io.trestle.sdk.internal.call.Caller;
import io.trestle.sdk.internal.wire.CallMessages;
import org.jspecify.annotations.Nullable;

/** The end of a unary call. */
record OneAnswer(Exchange call) implements Outcome<byte[]> {

  @Override
  public void tell(byte @Nullable [] reply, @Nullable Throwable failure) {
    CallStatus refusal = Outcome.refusal(failure);
    if (refusal != null) {
      call.finish(refusal);
    } else if (failure == null && reply != null) {
      respond(new CallMessages.Response(reply, "", ""));
    } else {
      respond(Outcome.failed(failure));
    }
  }

  private void respond(CallMessages.Response response) {
    int size = CallMessages.responseSize(response);
    if (size > Caller.MAX_MESSAGE) {
      call.finish(Outcome.tooLarge("answer", size));
    } else {
      call.finish(CallMessages.response(response));
    }
  }
}
