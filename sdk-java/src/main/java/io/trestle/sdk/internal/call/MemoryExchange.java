package io.trestle.sdk.internal.call;

import io.netty.buffer.ByteBuf;
import io.trestle.protocol.ErrorCode;
import io.trestle.protocol.wire.CallStatus;
import io.trestle.sdk.CallTimeoutException;
import io.trestle.sdk.HandlerException;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.internal.wire.CallMessages;
import io.trestle.sdk.internal.wire.Failures;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The caller's side of one call without network. Any thread. */
final class MemoryExchange implements Chunks, MemoryPeer.Answer {
  private final String name;
  private final Inbox inbox = new Inbox(() -> {}, this::resume);
  private final CompletableFuture<Void> timer = new CompletableFuture<>();
  private final Queue<Runnable> untaken = new ArrayDeque<>();
  private @Nullable Runnable leave;
  private @Nullable ServiceBridgeException failed;
  private boolean over;

  MemoryExchange(String service, String method) {
    this.name = "rpc " + service + "/" + method;
  }

  void begin(MemoryPeer peer, MemoryPeer.Question question) {
    var unused =
        timer
            .completeOnTimeout(null, question.timeoutNanos(), TimeUnit.NANOSECONDS)
            .thenRunAsync(() -> end(new CallTimeoutException(name + ": the time is over"), false));
    Runnable left = peer.ask(question, this);
    boolean late;
    synchronized (this) {
      leave = left;
      late = over;
    }
    if (late) {
      left.run();
    }
  }

  @Override
  public Inbox inbox() {
    return inbox;
  }

  @Override
  public void cancel() {
    end(new ServiceBridgeException(ErrorCode.CANCELLED, name + ": closed", null), true);
  }

  void fail(ServiceBridgeException error) {
    end(error, false);
  }

  @Override
  public void message(ByteBuf message, Runnable taken) {
    CallMessages.Response response;
    try {
      response = CallMessages.readResponse(message);
    } catch (IOException e) {
      fail(new ServiceBridgeException(ErrorCode.INTERNAL, name + ": malformed answer", e));
      taken.run();
      return;
    }
    if (!response.errorCode().isEmpty()) {
      failed = HandlerException.received(response.errorCode(), response.errorMessage());
      taken.run();
    } else {
      add(response.payload(), taken);
    }
  }

  // The sender is noted before the chunk can be read: whoever makes room finds him.
  private void add(byte[] payload, Runnable taken) {
    boolean late;
    synchronized (this) {
      untaken.add(taken);
      late = over;
    }
    inbox.add(payload);
    if (late || !inbox.paused()) {
      resume();
    }
  }

  @Override
  public void end(CallStatus status) {
    end(status.ok() ? failed : Failures.of(status, name), false);
  }

  /** Room again: whoever waits may send. */
  private void resume() {
    List<Runnable> waiting;
    synchronized (this) {
      waiting = List.copyOf(untaken);
      untaken.clear();
    }
    waiting.forEach(Runnable::run);
  }

  private void end(@Nullable ServiceBridgeException why, boolean clear) {
    Runnable left;
    synchronized (this) {
      left = over ? null : leave;
      over = true;
    }
    if (clear && why != null) {
      inbox.close(why);
    } else {
      inbox.end(why);
    }
    timer.cancel(false);
    if (left != null) {
      left.run();
    }
    resume();
  }
}
