package io.trestle.sdk.internal.events;

import io.trestle.protocol.ErrorCode;
import io.trestle.sdk.OverflowPolicy;
import io.trestle.sdk.ServiceBridgeException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Counts who waits for an acknowledgement, and keeps the limit before anything is encoded. Any
 * thread; one atomic operation while there is room.
 *
 * <p>Where the oldest gives way, the queue keeps the limit; here the newest are refused only when
 * the queue does not come to it, at twice the limit.
 */
final class PublishGate {
  private final int bound;
  private final boolean blocks;
  private final AtomicInteger inside = new AtomicInteger();
  private final AtomicInteger outside = new AtomicInteger();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition room = lock.newCondition();
  private volatile boolean open = true;

  PublishGate(int limit, OverflowPolicy policy) {
    this.bound = policy == OverflowPolicy.DROP_OLDEST ? 2 * limit : limit;
    this.blocks = policy == OverflowPolicy.BLOCK;
  }

  /** How many are inside. */
  int inside() {
    return inside.get();
  }

  /** How many wait for a place. */
  int waiting() {
    return outside.get();
  }

  /**
   * Lets one in.
   *
   * @param waitNanos how long it may wait, if the policy says so
   * @return whether it is inside
   * @throws ServiceBridgeException {@code CANCELLED} if the thread was interrupted while it waited
   */
  boolean enter(long waitNanos) {
    return tryEnter() || (blocks && waitNanos > 0 && await(waitNanos));
  }

  /** One has left. */
  void leave() {
    inside.decrementAndGet();
    if (outside.get() > 0) {
      wake();
    }
  }

  /** Nobody waits any more. */
  void close() {
    open = false;
    wake();
  }

  private boolean tryEnter() {
    for (int now = inside.get(); now < bound; now = inside.get()) {
      if (inside.compareAndSet(now, now + 1)) {
        return true;
      }
    }
    return false;
  }

  private boolean await(long nanos) {
    long left = nanos;
    lock.lock();
    outside.incrementAndGet(); // before the next look: who leaves after it will wake us
    try {
      while (open && left > 0) {
        if (tryEnter()) {
          return true;
        }
        left = room.awaitNanos(left);
      }
      return open && tryEnter();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ServiceBridgeException(ErrorCode.CANCELLED, "interrupted", e);
    } finally {
      outside.decrementAndGet();
      lock.unlock();
    }
  }

  private void wake() {
    lock.lock();
    try {
      room.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
