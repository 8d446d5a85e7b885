package io.trestle.kernel.gateway;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether new calls are still taken, and how many of applications are running. Both under one lock,
 * so that after {@link #begin} no call slips in uncounted.
 */
final class Drain {
  private final List<Promise<Void>> waiting = new ArrayList<>();
  private boolean draining;
  private int running;

  synchronized void begin() {
    draining = true;
  }

  synchronized boolean draining() {
    return draining;
  }

  /** Counts a call; false when it must be refused. */
  synchronized boolean enter() {
    if (draining) {
      return false;
    }
    running++;
    return true;
  }

  void leave() {
    idleWaiters().forEach(Promise::complete);
  }

  /** Completes when no call is running. */
  synchronized Future<Void> idle() {
    if (running == 0) {
      return Future.succeededFuture();
    }
    Promise<Void> promise = Promise.promise();
    waiting.add(promise);
    return promise.future();
  }

  private synchronized List<Promise<Void>> idleWaiters() {
    running--;
    if (running > 0) {
      return List.of();
    }
    List<Promise<Void>> idle = List.copyOf(waiting);
    waiting.clear();
    return idle;
  }
}
