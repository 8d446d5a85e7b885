package io.trestle.kernel.gateway;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.time.Duration;

/**
 * The event loop that owns a set of connections. All state of a connection and of its calls is
 * touched here only.
 *
 * @param vertx makes the timers
 * @param context of the verticle of this loop
 * @param thread the one thread of that context
 */
record Loop(Vertx vertx, Context context, Thread thread) {

  /** Runs at once when the caller is on this loop already, else soon. */
  void run(Runnable action) {
    if (Thread.currentThread() == thread) {
      action.run();
    } else {
      context.runOnContext(v -> action.run());
    }
  }

  /** Runs in a later turn of this loop. */
  void soon(Runnable action) {
    context.runOnContext(v -> action.run());
  }

  /** Runs later on this loop; to be called on it. */
  long after(Duration delay, Runnable action) {
    return vertx.setTimer(delay.toMillis(), id -> action.run());
  }

  void cancel(long timer) {
    vertx.cancelTimer(timer);
  }
}
