package io.trestle.sdk.internal.call;

import io.netty.buffer.ByteBuf;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.internal.call.CallAttempts.Failure;
import io.trestle.sdk.internal.wire.CallMessages;
import java.io.IOException;

/** A call as its {@link Attempt} sees it. Everything but the facts happens on the lane. */
interface OutboundCall {
  /** What is asked. */
  CallMessages.Request request();

  /** What an instance must serve to be called. */
  String contractHash();

  CallPlan plan();

  /** Nanoseconds left; not positive when the time is over. */
  long remaining();

  /** The time of breakers, in nanoseconds. */
  long ticks();

  /** Whether the answer is a stream. */
  boolean streams();

  /**
   * A message of the answer, valid during the call only.
   *
   * @throws IOException if it is not one
   */
  void message(ByteBuf message) throws IOException;

  /** Whether it still has too much to take more. */
  default boolean full() {
    return false;
  }

  /** The answer has ended, and well. */
  void answered();

  /** It will not end well. */
  void failed(Failure failure);

  /** A verdict of an access rule, on either side. */
  void denied(ServiceBridgeException error);
}
