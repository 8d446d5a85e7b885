package io.trestle.sdk.internal.inbound;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What a Call server holds, over all its connections: what has arrived of requests whose call is
 * not over, and what callers have not taken of answers. The bounds of slots and streams count
 * calls; this one counts bytes, since any number of callers may each send the largest messages. Any
 * thread.
 */
final class InboundMemory {
  private final long bound;
  private final AtomicLong held = new AtomicLong();

  InboundMemory(long bound) {
    this.bound = bound;
  }

  /** Counts bytes, in any case; false if that is more than there may be. */
  boolean take(int bytes) {
    return held.addAndGet(bytes) <= bound;
  }

  void giveBack(long bytes) {
    held.addAndGet(-bytes);
  }

  long held() {
    return held.get();
  }
}
