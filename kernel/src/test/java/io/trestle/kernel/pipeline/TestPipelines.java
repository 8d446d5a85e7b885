package io.trestle.kernel.pipeline;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trestle.kernel.TestPostgres;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnectOptions;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A pipeline on a database of its own, for tests. */
final class TestPipelines {

  static final Duration PATIENCE = Duration.ofSeconds(60);

  private TestPipelines() {}

  static PgConnectOptions newDatabase() {
    return TestPostgres.newDatabase(
        Stream.concat(
                Arrays.stream(TestKinds.TABLES),
                Stream.of(TestKinds.insertKernel(TestKinds.KERNEL, 1)))
            .toArray(String[]::new));
  }

  static WritePipeline start(Vertx vertx, PgConnectOptions database, PipelineOptions options) {
    return start(vertx, ConnectionSource.of(vertx, database), options, new SimpleMeterRegistry());
  }

  static WritePipeline start(
      Vertx vertx, ConnectionSource source, PipelineOptions options, MeterRegistry meters) {
    return get(WritePipeline.start(vertx, source, TestKinds.FENCE, options, meters));
  }

  static <T> T get(Future<T> future) {
    try {
      return future
          .toCompletionStage()
          .toCompletableFuture()
          .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** Waits for the verdict: null when committed. */
  static @Nullable WriteFailure verdict(Future<Void> future) {
    return get(
        future.transform(
            done -> {
              WriteFailure failure = done.succeeded() ? null : (WriteFailure) done.cause();
              return Future.succeededFuture(failure);
            }));
  }

  static WriteFailure.@Nullable Code code(Future<Void> future) {
    WriteFailure failure = verdict(future);
    return failure == null ? null : failure.code();
  }
}
