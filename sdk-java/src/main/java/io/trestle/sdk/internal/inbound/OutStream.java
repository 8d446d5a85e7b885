package io.trestle.sdk.internal.inbound;

import io.trestle.protocol.ErrorCode;
import io.trestle.sdk.ChunkWriter;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.StateException;
import io.trestle.sdk.ValidationException;
import io.trestle.sdk.internal.call.Caller;
import io.trestle.sdk.internal.wire.CallMessages;
import io.vertx.core.Context;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * The chunks of one answer on their way out. What waits for the network is counted in bytes: up to
 * {@link #COMFORTABLE} a sender goes on at once, above it he waits until there is less again. One
 * chunk may always be on its way, whatever its size. Every so many chunks he waits for a later turn
 * of the lane, or for another thread: who sends each from the completion of the one before would
 * grow the stack.
 *
 * <p>Any thread. What is written reaches the lane in the order in which it was counted.
 */
final class OutStream implements ChunkWriter {
  static final int COMFORTABLE = 64 << 10;
  private static final int AT_ONCE = 64;

  private final Exchange call;
  private final List<CompletableFuture<Void>> waiting = new ArrayList<>(1);
  private long pending;
  private int atOnce;
  private boolean over;

  OutStream(Exchange call) {
    this.call = call;
  }

  @Override
  public void send(byte[] chunk) {
    if (Context.isOnEventLoopThread()) {
      throw new StateException("a blocking send on an event loop; use sendAsync");
    }
    CompletableFuture<Void> sent = sendAsync(chunk);
    try {
      sent.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw gone();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof ServiceBridgeException known ? known : gone();
    }
  }

  @Override
  public CompletableFuture<Void> sendAsync(byte[] chunk) {
    CallMessages.Response message = new CallMessages.Response(chunk, "", "");
    int size = CallMessages.responseSize(message);
    if (size > Caller.MAX_MESSAGE) {
      call.finish(Outcome.tooLarge("chunk", size));
      return CompletableFuture.failedFuture(
          new ValidationException(
              "chunk: " + size + " bytes (expected: at most " + Caller.MAX_MESSAGE + ")"));
    }
    synchronized (this) { // also while handing over: the order is that of the counting
      if (over) {
        return CompletableFuture.failedFuture(gone());
      }
      pending += size;
      call.chunk(CallMessages.response(message), () -> taken(size));
      if (pending <= COMFORTABLE && ++atOnce < AT_ONCE) {
        return CompletableFuture.completedFuture(null);
      }
      atOnce = 0;
      if (pending == 0) { // taken already, by a caller in this process
        return CompletableFuture.runAsync(() -> {});
      }
      CompletableFuture<Void> sent = new CompletableFuture<>();
      waiting.add(sent);
      return sent;
    }
  }

  /** Nobody waits for chunks any more, or there are no more. */
  void close() {
    List<CompletableFuture<Void>> left;
    synchronized (this) {
      over = true;
      left = drain();
    }
    left.forEach(sent -> sent.completeExceptionally(gone()));
  }

  private void taken(int size) {
    List<CompletableFuture<Void>> served = List.of();
    synchronized (this) {
      pending -= size;
      if (pending <= COMFORTABLE && !waiting.isEmpty()) {
        served = drain();
      }
    }
    served.forEach(sent -> sent.complete(null));
  }

  private List<CompletableFuture<Void>> drain() {
    List<CompletableFuture<Void>> all = List.copyOf(waiting);
    waiting.clear();
    return all;
  }

  private static ServiceBridgeException gone() {
    return new ServiceBridgeException(
        ErrorCode.CANCELLED, "nobody waits for the answer any more", null);
  }
}
