package io.trestle.benchmarks.worker;

import io.vertx.core.Future;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for what happens elsewhere; on the main thread of a worker only. */
final class Waiting {
  private static final Duration LIMIT = Duration.ofSeconds(100);

  private Waiting() {}

  static <T> T on(Future<T> future) {
    return on(future.toCompletionStage());
  }

  static <T> T on(CompletionStage<T> stage) {
    return on(stage, LIMIT);
  }

  static <T> T on(CompletionStage<T> stage, Duration limit) {
    try {
      return stage.toCompletableFuture().get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new IllegalStateException(String.valueOf(e.getCause()), e.getCause());
    } catch (TimeoutException e) {
      throw new IllegalStateException("not done within " + limit.toSeconds() + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
