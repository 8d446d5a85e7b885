package io.trestle.sdk.internal.call;

import io.netty.buffer.ByteBuf;
import io.trestle.sdk.AccessDeniedException;
import io.trestle.sdk.NoLiveInstanceException;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.internal.call.CallAttempts.Failure;
import io.trestle.sdk.internal.call.CandidateChoice.Choice;
import io.trestle.sdk.internal.wire.CallMessages;
import java.io.IOException;
import java.util.List;

/**
 * What all calls are: a request with a plan and an end of its time, of which attempts are made. An
 * {@link Attempt} tells it what comes back, on the lane.
 */
abstract class OutboundCall {
  final Caller caller;
  private final String service;
  private final String contractHash;
  private final CallMessages.Request request;
  private final CallPlan plan;
  private final long deadline;

  OutboundCall(
      Caller caller,
      String service,
      String contractHash,
      CallPlan plan,
      CallMessages.Request request) {
    this.caller = caller;
    this.service = service;
    this.contractHash = contractHash;
    this.request = request;
    this.plan = plan;
    this.deadline = System.nanoTime() + plan.timeoutNanos();
  }

  /** The name of the service that is asked. */
  final String service() {
    return service;
  }

  /** What is asked. */
  final CallMessages.Request request() {
    return request;
  }

  /** What an instance must serve to be called. */
  final String contractHash() {
    return contractHash;
  }

  final CallPlan plan() {
    return plan;
  }

  /** Nanoseconds left; not positive when the time is over. */
  final long remaining() {
    return deadline - System.nanoTime();
  }

  /** The time of breakers, in nanoseconds. */
  final long ticks() {
    return caller.ticks();
  }

  /** What it is called in errors. */
  final String name() {
    return "rpc " + service + "/" + request.method();
  }

  /** Chooses an instance and attempts the call there, or hears at once why that cannot be. */
  final void attempt(boolean proxy, List<String> excluded) {
    Choice choice = caller.choose(this, excluded, !proxy);
    if (choice instanceof Choice.Chosen chosen) {
      attempt(chosen, proxy, excluded);
    } else {
      String reason = ((Choice.None) choice).reason();
      failed(new Failure.Undispatched(new NoLiveInstanceException(name() + ": " + reason), null));
    }
  }

  private void attempt(Choice.Chosen chosen, boolean proxy, List<String> excluded) {
    if (proxy) {
      begin(Attempt.viaRuntime(this, caller.runtime(), chosen, excluded));
      return;
    }
    AccessDeniedException forbidden = caller.forbidden(this, chosen.route());
    if (forbidden != null) {
      Attempt.decline(this, chosen);
      denied(forbidden);
    } else {
      begin(Attempt.direct(this, caller.peers(), chosen));
    }
  }

  /** A verdict of an access rule, on either side. */
  final void denied(ServiceBridgeException error) {
    caller.denied(service, request.method(), String.valueOf(error.getMessage()));
    failed(new Failure.Final(error));
  }

  /** Begins an attempt, and abandons it if nobody waits any more. */
  abstract void begin(Attempt attempt);

  /** Whether the answer is a stream. */
  abstract boolean streams();

  /**
   * A message of the answer, valid during the call only.
   *
   * @throws IOException if it is not one
   */
  abstract void message(ByteBuf message) throws IOException;

  /** Whether it still has too much to take more. */
  boolean full() {
    return false;
  }

  /** The answer has ended, and well. */
  abstract void answered();

  /** It will not end well. */
  abstract void failed(Failure failure);
}
