package io.trestle.benchmarks.worker;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Takes all sessions one step further, a number at a time, spread over the event loops. A step that
 * fails is tried again, as an SDK would, and counted; one that keeps failing ends the benchmark.
 */
final class Phase {
  /** Sessions on their way at a time; the backlog of the listener would hold more. */
  private static final int AT_ONCE = 128;

  private static final int ATTEMPTS = 4;

  private final Vertx vertx;
  private final List<LightSession> sessions;
  private final Function<LightSession, Future<Void>> step;
  private final AtomicInteger begun = new AtomicInteger();
  private final AtomicInteger done = new AtomicInteger();
  private final AtomicInteger repeated = new AtomicInteger();
  private final Promise<Void> over = Promise.promise();

  private Phase(
      Vertx vertx, List<LightSession> sessions, Function<LightSession, Future<Void>> step) {
    this.vertx = vertx;
    this.sessions = sessions;
    this.step = step;
  }

  /** Waits until all have taken the step; tells how long that took. */
  static JsonObject run(
      Vertx vertx, List<LightSession> sessions, Function<LightSession, Future<Void>> step) {
    Phase phase = new Phase(vertx, sessions, step);
    long begin = System.nanoTime();
    for (int i = 0; i < AT_ONCE; i++) {
      phase.next();
    }
    Waiting.on(phase.over.future());
    return new JsonObject()
        .put("seconds", (System.nanoTime() - begin) / 1e9)
        .put("repeated", phase.repeated.get());
  }

  /** Does something on one event loop, another one each time. */
  static Future<Void> onLoop(Vertx vertx, Supplier<Future<Void>> work) {
    Promise<Void> done = Promise.promise();
    ((VertxInternal) vertx).createEventLoopContext().runOnContext(v -> work.get().onComplete(done));
    return done.future();
  }

  private void next() {
    int number = begun.getAndIncrement();
    if (number < sessions.size()) {
      attempt(sessions.get(number), 1);
    }
  }

  private void attempt(LightSession session, int number) {
    onLoop(vertx, () -> step.apply(session))
        .onSuccess(v -> ended())
        .onFailure(
            e -> {
              if (number == ATTEMPTS) {
                over.tryFail(e);
              } else {
                repeated.incrementAndGet();
                attempt(session, number + 1);
              }
            });
  }

  private void ended() {
    if (done.incrementAndGet() == sessions.size()) {
      over.tryComplete();
    } else {
      next();
    }
  }
}
