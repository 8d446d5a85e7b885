package io.trestle.sdk.internal.traces;

import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.StateException;
import io.trestle.sdk.TraceItem;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What has come of a watch and was not read. Filled on the lane, emptied by the application. */
final class WatchInbox {
  private static final int FULL = 256;

  private final Queue<TraceItem> items = new ArrayDeque<>();
  private final Runnable pause;
  private final Runnable resume;
  private @Nullable CompletableFuture<Optional<TraceItem>> reader;
  private @Nullable ServiceBridgeException failure;
  private boolean ended;
  private boolean paused;

  /**
   * An empty one.
   *
   * @param pause lets no more come; runs where items are put in
   * @param resume lets more come; runs on any thread
   */
  WatchInbox(Runnable pause, Runnable resume) {
    this.pause = pause;
    this.resume = resume;
  }

  void add(TraceItem item) {
    CompletableFuture<Optional<TraceItem>> waiting;
    boolean full = false;
    synchronized (this) {
      if (ended) {
        return;
      }
      waiting = reader;
      reader = null;
      if (waiting == null) {
        items.add(item);
        full = !paused && items.size() >= FULL;
        paused |= full;
      }
    }
    if (waiting != null) {
      waiting.complete(Optional.of(item));
    } else if (full) {
      pause.run();
    }
  }

  /** There is no more; what lies here can still be read. */
  void end(@Nullable ServiceBridgeException why) {
    CompletableFuture<Optional<TraceItem>> waiting;
    synchronized (this) {
      if (ended) {
        return;
      }
      ended = true;
      failure = why;
      waiting = reader;
      reader = null;
    }
    if (waiting != null) {
      tell(waiting, why);
    }
  }

  synchronized void clear() {
    items.clear();
  }

  synchronized boolean paused() {
    return paused;
  }

  /** The next item; empty at the end. */
  CompletableFuture<Optional<TraceItem>> next() {
    CompletableFuture<Optional<TraceItem>> asked = new CompletableFuture<>();
    TraceItem item;
    boolean room = false;
    synchronized (this) {
      item = items.poll();
      if (item == null && !ended) {
        if (reader != null) {
          throw new StateException("the item before was not read yet");
        }
        reader = asked;
        return asked;
      }
      room = paused && items.size() <= FULL / 2;
      paused &= !room;
    }
    if (room) {
      resume.run();
    }
    if (item == null) {
      tell(asked, failure);
    } else {
      asked.complete(Optional.of(item));
    }
    return asked;
  }

  private static void tell(
      CompletableFuture<Optional<TraceItem>> waiting, @Nullable ServiceBridgeException why) {
    if (why == null) {
      waiting.complete(Optional.empty());
    } else {
      waiting.completeExceptionally(why);
    }
  }
}
