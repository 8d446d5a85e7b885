package io.trestle.system.wire;

import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.awaitility.Awaitility;

/** A call under way; takes every message that comes. */
final class WireStream<Q, R> extends ClientCall.Listener<R> {
  private static final long PATIENCE_SECONDS = 40;

  private final ClientCall<Q, R> call;
  private final Consumer<Ended<R>> atEnd;
  private final List<R> messages = new CopyOnWriteArrayList<>();
  private final CompletableFuture<Ended<R>> ended = new CompletableFuture<>();

  WireStream(ClientCall<Q, R> call, Consumer<Ended<R>> atEnd) {
    this.call = call;
    this.atEnd = atEnd;
  }

  WireStream<Q, R> start(Metadata headers) {
    call.start(this, headers);
    call.request(Integer.MAX_VALUE);
    return this;
  }

  void send(Q message) {
    call.sendMessage(message);
  }

  void halfClose() {
    call.halfClose();
  }

  void cancel() {
    call.cancel("the test leaves", null);
  }

  /** What has come so far. */
  List<R> messages() {
    return messages;
  }

  /** The first message; fails when the stream ends without one. */
  R first() {
    Awaitility.await().until(() -> !messages.isEmpty() || ended.isDone());
    if (messages.isEmpty()) {
      throw new AssertionError("ended before any message: " + ended.join().answer());
    }
    return messages.get(0);
  }

  boolean isOver() {
    return ended.isDone();
  }

  /** Waits for the end. */
  Ended<R> ended() {
    try {
      return ended.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError("the call did not end: " + e, e);
    }
  }

  @Override
  public void onMessage(R message) {
    messages.add(message);
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    Ended<R> end = new Ended<>(status, trailers, List.copyOf(messages));
    atEnd.accept(end);
    ended.complete(end);
  }
}
