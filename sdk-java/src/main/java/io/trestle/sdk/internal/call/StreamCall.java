package io.trestle.sdk.internal.call;

import io.netty.buffer.ByteBuf;
import io.trestle.protocol.ErrorCode;
import io.trestle.sdk.HandlerException;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.Transport;
import io.trestle.sdk.internal.call.CallAttempts.Failure;
import io.trestle.sdk.internal.wire.CallMessages;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One streamed call (rpc.md 4.2): one instance, one attempt, whatever happens, because chunks may
 * have been delivered. Its time spans the whole stream. What arrives goes into the {@link Inbox}.
 */
final class StreamCall extends OutboundCall implements Chunks {
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
    super(caller, service, contractHash, plan, request);
  }

  @Override
  public Inbox inbox() {
    return inbox;
  }

  void start() {
    if (closed) {
      return;
    }
    attempt(plan().transport() == Transport.PROXY, List.of());
  }

  @Override
  void begin(Attempt only) {
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
  boolean full() {
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
  boolean streams() {
    return true;
  }

  @Override
  void message(ByteBuf message) throws IOException {
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
  void answered() {
    inbox.end(failed);
  }

  @Override
  void failed(Failure failure) {
    inbox.end(failure.error());
  }
}
