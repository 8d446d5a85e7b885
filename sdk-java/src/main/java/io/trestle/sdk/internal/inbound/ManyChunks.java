package io.trestle.sdk.internal.inbound;

import io.trestle.protocol.wire.CallStatus;
import io.trestle.sdk.internal.call.Caller;
import io.trestle.sdk.internal.wire.CallMessages;
import org.jspecify.annotations.Nullable;

/** The end of a streamed call: a failure is the last chunk, and the status is good (rpc.md 5.2). */
record ManyChunks(Exchange call, OutStream out) implements Outcome<Void> {

  @Override
  public void tell(@Nullable Void none, @Nullable Throwable failure) {
    out.close();
    CallStatus refusal = Outcome.refusal(failure);
    if (refusal != null) {
      call.finish(refusal);
      return;
    }
    CallMessages.Response last = failure == null ? null : Outcome.failed(failure);
    int size = last == null ? 0 : CallMessages.responseSize(last);
    if (size > Caller.MAX_MESSAGE) {
      call.finish(Outcome.tooLarge("answer", size));
      return;
    }
    if (last != null) {
      call.chunk(CallMessages.response(last), () -> {});
    }
    call.finishStream();
  }
}
