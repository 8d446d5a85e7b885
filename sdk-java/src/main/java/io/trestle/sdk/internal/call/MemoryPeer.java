package io.trestle.sdk.internal.call;

import io.netty.buffer.ByteBuf;
import io.trestle.protocol.wire.CallStatus;

/** An instance in the same process: takes encoded calls, answers with encoded messages. */
public interface MemoryPeer {

  /**
   * A call.
   *
   * @param serviceId of the caller
   * @param instanceId of the caller
   * @param timeoutNanos the time left
   * @param request a {@code CallRequest}; belongs to who takes the question
   */
  record Question(
      String serviceId, String instanceId, boolean streaming, long timeoutNanos, ByteBuf request) {}

  /** Where the answer goes; any thread. */
  interface Answer {
    /**
     * A {@code CallResponse}, valid during the call only.
     *
     * @param taken is run when the next one may follow
     */
    void message(ByteBuf message, Runnable taken);

    /** The end. */
    void end(CallStatus status);
  }

  /** Takes a call; what is returned tells that the caller leaves. */
  Runnable ask(Question question, Answer answer);
}
