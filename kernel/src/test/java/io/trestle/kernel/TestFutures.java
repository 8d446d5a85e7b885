package io.trestle.kernel;

import io.vertx.core.Future;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/** Waits for futures on the thread of a test. */
public final class TestFutures {
  private TestFutures() {}

  /** The result within 60 s; a failure comes as the cause of a {@link CompletionException}. */
  public static <T> T join(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).join();
  }
}
