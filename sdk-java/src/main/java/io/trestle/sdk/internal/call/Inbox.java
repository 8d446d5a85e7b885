package io.trestle.sdk.internal.call;

import io.trestle.sdk.ServiceBridgeException;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Chunks that have arrived and were not read, and how the stream has ended. Filled on the lane,
 * emptied by the application.
 *
 * <p>When more than {@link #FULL} bytes lie here the stream is paused, and goes on when half of
 * them were read; so what a slow reader costs is this amount, the window of the stream and one
 * chunk, whatever the handler sends.
 */
final class Inbox {
  static final int FULL = 256 << 10;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Queue<byte[]> chunks = new ArrayDeque<>();
  private final Runnable pause;
  private final Runnable resume;
  private @Nullable Runnable listener;
  private @Nullable ServiceBridgeException failure;
  private long bytes;
  private boolean ended;
  private boolean paused;

  /**
   * An empty one.
   *
   * @param pause lets no more arrive; runs where chunks are put in
   * @param resume lets more arrive; may run on any thread, also within {@link #add}
   */
  Inbox(Runnable pause, Runnable resume) {
    this.pause = pause;
    this.resume = resume;
  }

  /** What is to be told about a stream at some moment. */
  sealed interface Item {
    /** The next chunk. */
    record Chunk(byte[] payload) implements Item {}

    /** There is no more; null after a clean end. */
    record End(@Nullable ServiceBridgeException failure) implements Item {}
  }

  /** Puts a chunk in. */
  void add(byte[] chunk) {
    Runnable told;
    boolean full;
    lock.lock();
    try {
      if (ended) {
        return;
      }
      chunks.add(chunk);
      bytes += chunk.length;
      full = !paused && bytes > FULL;
      paused |= full;
      changed.signal();
      told = listener;
    } finally {
      lock.unlock();
    }
    if (full) {
      pause.run(); // before anybody can read, which may resume
    }
    tell(told);
  }

  /** There is no more; what lies here can still be read. */
  void end(@Nullable ServiceBridgeException why) {
    end(why, false);
  }

  /** There is no more, and nobody wants what lies here. */
  void close(ServiceBridgeException why) {
    end(why, true);
  }

  private void end(@Nullable ServiceBridgeException why, boolean clear) {
    Runnable told;
    lock.lock();
    try {
      if (clear) {
        chunks.clear();
        bytes = 0;
      }
      if (!ended) {
        ended = true;
        failure = why;
      }
      changed.signalAll();
      told = listener;
    } finally {
      lock.unlock();
    }
    tell(told);
  }

  /** Runs an action, on whatever thread, when something has been put in or the end has come. */
  void onChange(Runnable action) {
    lock.lock();
    try {
      listener = action;
    } finally {
      lock.unlock();
    }
  }

  /** Whether there is enough for now. */
  boolean paused() {
    lock.lock();
    try {
      return paused;
    } finally {
      lock.unlock();
    }
  }

  /** Whether the next item is the end. */
  boolean atEnd() {
    lock.lock();
    try {
      return ended && chunks.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  /** The next item; null if there is none yet. */
  @Nullable Item poll() {
    Item item;
    boolean room;
    lock.lock();
    try {
      item = take();
      room = roomAgain();
    } finally {
      lock.unlock();
    }
    if (room) {
      resume.run();
    }
    return item;
  }

  /** The next item, when it is there. */
  Item await() throws InterruptedException {
    Item item;
    boolean room;
    lock.lockInterruptibly();
    try {
      for (item = take(); item == null; item = take()) {
        changed.await();
      }
      room = roomAgain();
    } finally {
      lock.unlock();
    }
    if (room) {
      resume.run();
    }
    return item;
  }

  private @Nullable Item take() {
    byte[] chunk = chunks.poll();
    if (chunk != null) {
      bytes -= chunk.length;
      return new Item.Chunk(chunk);
    }
    return ended ? new Item.End(failure) : null;
  }

  private boolean roomAgain() {
    boolean room = paused && bytes <= FULL / 2;
    paused &= !room;
    return room;
  }

  private static void tell(@Nullable Runnable listener) {
    if (listener != null) {
      listener.run();
    }
  }
}
