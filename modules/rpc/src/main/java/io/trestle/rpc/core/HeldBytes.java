package io.trestle.rpc.core;

import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bytes that calls with an idempotency key hold: their requests from their beginning, and their
 * replies until they are stored. Such a call outlives its caller, so the memory of connections does
 * not bound it. A request beyond the bound is refused; a reply is not, since its handler has run,
 * and only keeps others from beginning. Safe from any thread.
 */
public final class HeldBytes {
  /** 64 MiB. */
  public static final long DEFAULT = 64L << 20;

  private final AtomicLong held = new AtomicLong();
  private final long bound;

  /** Nothing is held yet. */
  public HeldBytes(long bound) {
    this.bound = bound;
  }

  /**
   * Holds a request.
   *
   * @throws Refused OVERLOADED without effect, when it would be too much
   */
  public void take(long bytes) {
    long now = held.addAndGet(bytes);
    if (now > bound) {
      held.addAndGet(-bytes);
      throw Refused.withoutEffect(
          Reason.OVERLOADED,
          "calls with an idempotency key hold "
              + (now - bytes)
              + " bytes (expected: at most "
              + bound
              + " with this one)");
    }
  }

  /** Holds a reply as well. */
  public void add(long bytes) {
    held.addAndGet(bytes);
  }

  /** Holds so much no longer. */
  public void give(long bytes) {
    held.addAndGet(-bytes);
  }

  /** How much is held. */
  public long held() {
    return held.get();
  }
}
