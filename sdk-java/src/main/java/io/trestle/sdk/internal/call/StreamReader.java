package io.trestle.sdk.internal.call;

import io.trestle.protocol.ErrorCode;
import io.trestle.sdk.RpcStream;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.StateException;
import io.vertx.core.Context;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/** Reads a stream by waiting for its chunks. */
final class StreamReader implements RpcStream {
  private final Chunks call;
  private Inbox.@Nullable Item next;

  StreamReader(Chunks call) {
    this.call = call;
  }

  @Override
  public boolean hasNext() {
    Inbox.Item item = peek();
    if (item instanceof Inbox.Item.End end && end.failure() != null) {
      throw end.failure();
    }
    return item instanceof Inbox.Item.Chunk;
  }

  @Override
  public byte[] next() {
    if (!hasNext() || !(next instanceof Inbox.Item.Chunk chunk)) {
      throw new NoSuchElementException("the stream has ended");
    }
    next = null;
    return chunk.payload();
  }

  @Override
  public void close() {
    call.cancel();
  }

  private Inbox.Item peek() {
    Inbox.Item known = next;
    if (known == null) {
      if (Context.isOnEventLoopThread()) {
        throw new StateException("a blocking read on an event loop; use the publisher");
      }
      next = known = await();
    }
    return known;
  }

  private Inbox.Item await() {
    try {
      return call.inbox().await();
    } catch (InterruptedException e) {
      call.cancel();
      Thread.currentThread().interrupt();
      throw new ServiceBridgeException(ErrorCode.CANCELLED, "interrupted", e);
    }
  }
}
