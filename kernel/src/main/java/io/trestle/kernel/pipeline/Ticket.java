package io.trestle.kernel.pipeline;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import org.jspecify.annotations.Nullable;

/** A unit with the caller who waits for it. */
final class Ticket extends Unit {

  private final ContextInternal caller;
  private final Promise<Void> promise;

  /**
   * The promise belongs to the caller's context, so that a listener that throws is reported there
   * and does not keep the verdicts of the same batch from others.
   */
  Ticket(Write write, ContextInternal caller) {
    super(write);
    this.caller = caller;
    this.promise = caller.promise();
  }

  Context caller() {
    return caller;
  }

  Future<Void> future() {
    return promise.future();
  }

  void settle(@Nullable WriteFailure failure) {
    if (failure == null) {
      promise.complete();
    } else {
      promise.fail(failure);
    }
  }
}
