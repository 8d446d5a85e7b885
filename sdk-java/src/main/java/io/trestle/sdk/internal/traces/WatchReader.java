package io.trestle.sdk.internal.traces;

import io.trestle.protocol.ErrorCode;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.StateException;
import io.trestle.sdk.TraceItem;
import io.trestle.sdk.TraceWatch;
import io.vertx.core.Context;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** Reads a watch by waiting for its items, or not. */
final class WatchReader implements TraceWatch {
  private final WatchInbox inbox;
  private final Runnable close;
  private @Nullable TraceItem next;

  WatchReader(WatchInbox inbox, Runnable close) {
    this.inbox = inbox;
    this.close = close;
  }

  @Override
  public boolean hasNext() {
    if (next == null) {
      next = await(inbox.next()).orElse(null);
    }
    return next != null;
  }

  @Override
  public TraceItem next() {
    TraceItem item = hasNext() ? next : null;
    if (item == null) {
      throw new NoSuchElementException("the trace stream has ended");
    }
    next = null;
    return item;
  }

  @Override
  public CompletableFuture<Optional<TraceItem>> nextAsync() {
    TraceItem known = next;
    next = null;
    return known == null ? inbox.next() : CompletableFuture.completedFuture(Optional.of(known));
  }

  @Override
  public void close() {
    close.run();
  }

  private Optional<TraceItem> await(CompletableFuture<Optional<TraceItem>> item) {
    if (!item.isDone() && Context.isOnEventLoopThread()) {
      close();
      throw new StateException("a blocking read on an event loop; use nextAsync");
    }
    try {
      return item.get();
    } catch (InterruptedException e) {
      close();
      Thread.currentThread().interrupt();
      throw new ServiceBridgeException(ErrorCode.CANCELLED, "interrupted", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ServiceBridgeException known) {
        throw known;
      }
      throw new ServiceBridgeException(ErrorCode.INTERNAL, String.valueOf(e.getCause()), e);
    }
  }
}
