package io.trestle.sdk.internal.call;

import io.netty.buffer.ByteBuf;
import io.trestle.protocol.ErrorCode;
import io.trestle.sdk.AccessDeniedException;
import io.trestle.sdk.HandlerException;
import io.trestle.sdk.NoLiveInstanceException;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.Transport;
import io.trestle.sdk.internal.call.CallAttempts.Failure;
import io.trestle.sdk.internal.call.CandidateChoice.Choice;
import io.trestle.sdk.internal.wire.CallMessages;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One streamed call (rpc.md 4.2): one instance, one attempt, whatever happens, because chunks may
 * have been delivered. Its time spans the whole stream. What arrives goes into the {@link Inbox}.
 */
final class StreamCall implements OutboundCall, Chunks {
  private final Caller caller;
  private final String service;
  private final String contractHash;
  private final CallMessages.Request request;
  private final CallPlan plan;
  private final long deadline;
  private final Inbox inbox = new Inbox(this::pause, this::resume);
  private volatile @Nullable Attempt attempt;
  private volatile boolean closed;
  private @Nullable ServiceBridgeException failed;

  StreamCall(
      Caller caller,
      String service,
      String contractHash,
      CallPlan plan,
      CallMessages.Request request) {
    this.caller = caller;
    this.service = service;
    this.contractHash = contractHash;
    this.plan = plan;
    this.request = request;
    this.deadline = System.nanoTime() + plan.timeoutNanos();
  }

  String service() {
    return service;
  }

  @Override
  public Inbox inbox() {
    return inbox;
  }

  void start() {
    if (closed) {
      return;
    }
    boolean direct = plan.transport() != Transport.PROXY;
    Choice choice = caller.choose(this, service, List.of(), direct);
    if (choice instanceof Choice.Chosen chosen) {
      start(chosen);
    } else {
      fail(new NoLiveInstanceException(name() + ": " + ((Choice.None) choice).reason()));
    }
  }

  private void start(Choice.Chosen chosen) {
    if (plan.transport() == Transport.PROXY) {
      begin(Attempt.viaRuntime(this, caller.runtime(), chosen, List.of()));
      return;
    }
    AccessDeniedException forbidden = caller.forbidden(this, service, chosen.route());
    if (forbidden != null) {
      Attempt.decline(this, chosen);
      denied(forbidden);
    } else {
      begin(Attempt.direct(this, caller.peers(), chosen));
    }
  }

  private void begin(Attempt only) {
    attempt = only;
    only.begin();
    if (closed) {
      only.abandon();
    }
  }

  @Override
  public void cancel() {
    closed = true;
    inbox.close(new ServiceBridgeException(ErrorCode.CANCELLED, name() + ": closed", null));
    Attempt running = attempt;
    if (running != null) {
      running.abandon();
    }
  }

  /** The end, from outside. */
  void fail(ServiceBridgeException error) {
    inbox.end(error);
  }

  @Override
  public boolean full() {
    return inbox.paused();
  }

  private void pause() {
    Attempt running = attempt;
    if (running != null) {
      running.pause();
    }
  }

  private void resume() {
    Attempt running = attempt;
    if (running != null) {
      running.resume();
    }
  }

  @Override
  public CallMessages.Request request() {
    return request;
  }

  @Override
  public String contractHash() {
    return contractHash;
  }

  @Override
  public CallPlan plan() {
    return plan;
  }

  @Override
  public long remaining() {
    return deadline - System.nanoTime();
  }

  @Override
  public long ticks() {
    return caller.ticks();
  }

  @Override
  public boolean streams() {
    return true;
  }

  @Override
  public void message(ByteBuf message) throws IOException {
    if (failed != null) {
      throw new IOException("a chunk after the failure");
    }
    CallMessages.Response chunk = CallMessages.readResponse(message);
    if (chunk.errorCode().isEmpty()) {
      inbox.add(chunk.payload());
    } else {
      failed = HandlerException.received(chunk.errorCode(), chunk.errorMessage());
    }
  }

  @Override
  public void answered() {
    inbox.end(failed);
  }

  @Override
  public void failed(Failure failure) {
    inbox.end(failure.error());
  }

  @Override
  public void denied(ServiceBridgeException error) {
    caller.denied(service, request.method(), String.valueOf(error.getMessage()));
    inbox.end(error);
  }

  private String name() {
    return "rpc " + service + "/" + request.method();
  }
}
