package io.trestle.sdk.internal.call;

import io.trestle.protocol.ErrorCode;
import io.trestle.sdk.ServiceBridgeException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The one message of an exchange; cancelling it cancels the call. */
final class MemoryReply extends CompletableFuture<byte[]> {
  private final MemoryExchange exchange;
  private byte @Nullable [] payload;

  MemoryReply(MemoryExchange exchange) {
    this.exchange = exchange;
    exchange.inbox().onChange(this::look);
  }

  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    boolean first = super.cancel(mayInterruptIfRunning);
    if (first) {
      exchange.cancel();
    }
    return first;
  }

  private void look() {
    Inbox.Item item = poll();
    if (item instanceof Inbox.Item.End end) {
      complete(end);
    }
  }

  private synchronized Inbox.@Nullable Item poll() {
    Inbox.Item item = exchange.inbox().poll();
    while (item instanceof Inbox.Item.Chunk chunk) {
      payload = chunk.payload();
      item = exchange.inbox().poll();
    }
    return item;
  }

  private void complete(Inbox.Item.End end) {
    byte[] answer = payload;
    if (end.failure() != null) {
      completeExceptionally(end.failure());
    } else if (answer != null) {
      complete(answer);
    } else {
      completeExceptionally(
          new ServiceBridgeException(ErrorCode.INTERNAL, "there is no answer", null));
    }
  }
}
