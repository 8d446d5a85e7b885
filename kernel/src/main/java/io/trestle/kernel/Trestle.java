package io.trestle.kernel;

import io.micrometer.core.instrument.MeterRegistry;
import io.trestle.kernel.database.Database;
import io.trestle.kernel.database.LeaderLock;
import io.trestle.kernel.pipeline.WritePipeline;
import io.trestle.protocol.transport.LoopWatch;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running kernel. It exits nothing, hooks nothing, has no static mutable state and sets no system
 * property; several run in one JVM, each on a database of its own.
 */
public final class Trestle {
  private static final Logger LOG = LoggerFactory.getLogger(Trestle.class);
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(2);

  private final Vertx vertx;
  private final List<String> grpc;
  private final List<String> http;
  private final Path state;
  private final Shutdown shutdown;
  private final MeterRegistry meters;
  private final CompletableFuture<String> ended = new CompletableFuture<>();

  Trestle(
      Vertx vertx,
      List<String> grpc,
      List<String> http,
      Path state,
      Shutdown shutdown,
      Database database,
      WritePipeline pipeline,
      MeterRegistry meters) {
    this.vertx = vertx;
    this.grpc = grpc;
    this.http = http;
    this.state = state;
    this.shutdown = shutdown;
    this.meters = meters;
    pipeline.fenced().onSuccess(v -> end("another kernel has taken over this database"));
    database.leaderLock().listen(new Watch());
  }

  /**
   * Starts a kernel. The stage fails with {@link StartFailure}, and then nothing is left running.
   *
   * @throws StartFailure when the configuration is refused before anything was started
   */
  public static CompletionStage<Trestle> start(TrestleOptions options) {
    return start(options, new CompletableFuture<>());
  }

  /**
   * As {@link #start(TrestleOptions)}; a start that is under way when {@code cancel} completes
   * fails soon with {@link StartFailure}, also when it was waiting for the database, and nothing is
   * left running. A kernel that is ready is not touched: it has {@link #stop}.
   *
   * @throws StartFailure when the configuration is refused before anything was started
   */
  public static CompletionStage<Trestle> start(TrestleOptions options, CompletionStage<?> cancel) {
    Vertx vertx = newVertx();
    Startup startup = begin(options, vertx);
    var unused = cancel.whenComplete((value, failure) -> startup.cancel());
    return closeUnless(true, vertx, settle(startup, startup.run()));
  }

  /** Applies migrations and seeds settings, and nothing else: no CA, no lock, no listener. */
  public static CompletionStage<Void> migrate(TrestleOptions options) {
    Vertx vertx = newVertx();
    Startup startup = begin(options, vertx);
    return closeUnless(
        false, vertx, settle(startup, startup.migrate()).compose(v -> startup.undo().run()));
  }

  private static Vertx newVertx() {
    return Vertx.vertx(LoopWatch.measured(new VertxOptions().setPreferNativeTransport(true)));
  }

  private static Startup begin(TrestleOptions options, Vertx vertx) {
    try {
      return new Startup(options, vertx);
    } catch (RuntimeException e) {
      vertx.close();
      throw e;
    }
  }

  private static <T> Future<T> settle(Startup startup, Future<T> started) {
    return started.recover(e -> startup.undo().run().transform(v -> Future.failedFuture(e)));
  }

  /**
   * Closes Vert.x when nothing more runs on it. Outside its own futures: they complete on its event
   * loops, which would then be gone.
   */
  private static <T> CompletionStage<T> closeUnless(boolean keep, Vertx vertx, Future<T> work) {
    return work.toCompletionStage()
        .handle(
            (value, failure) ->
                failure == null && keep
                    ? CompletableFuture.completedFuture(value)
                    : close(vertx).thenCompose(v -> settled(value, failure)))
        .thenCompose(stage -> stage);
  }

  private static <T> CompletionStage<T> settled(T value, @Nullable Throwable failure) {
    return failure == null
        ? CompletableFuture.completedFuture(value)
        : CompletableFuture.failedFuture(failure);
  }

  /** A connection of a library that nobody closes must not hold up the end of the process. */
  private static CompletionStage<Void> close(Vertx vertx) {
    return vertx
        .close()
        .toCompletionStage()
        .toCompletableFuture()
        .orTimeout(CLOSE_LIMIT.toMillis(), TimeUnit.MILLISECONDS)
        .exceptionally(
            e -> {
              LOG.warn("event loops did not close reason={}", e.toString());
              return null;
            });
  }

  /** Bound gRPC addresses, {@code host:port}. */
  public List<String> grpc() {
    return grpc;
  }

  /** URLs of the HTTP listener. */
  public List<String> http() {
    return http;
  }

  /** State directory of this kernel: admin token, {@code runtime.json}. */
  public Path state() {
    return state;
  }

  /** Metrics of the house. */
  public MeterRegistry meters() {
    return meters;
  }

  /** {@code grpc.shutdown_timeout_ms}: how long running calls may hold up {@link #stop}. */
  public Duration shutdownTimeout() {
    return shutdown.limit();
  }

  /** Drains and stops; completes when nothing of it is left. Idempotent. */
  public CompletionStage<Void> stop() {
    return end("");
  }

  /** Completes when it has ended: with the empty text after {@link #stop}, else with the reason. */
  public CompletionStage<String> ended() {
    return ended.copy();
  }

  private CompletionStage<Void> end(String reason) {
    return shutdown
        .run()
        .toCompletionStage()
        .handle((v, e) -> close(vertx))
        .thenCompose(stage -> stage)
        .whenComplete((v, e) -> ended.complete(reason));
  }

  private final class Watch implements LeaderLock.Listener {
    @Override
    public void lost() {
      // The database counts as away until the lock is held again: what must be stored is refused,
      // calls go on from memory (foundation.md 2.1 and 6; docs/decisions/0014).
    }

    @Override
    public void regained() {}

    @Override
    public void superseded(long byEpoch) {
      end("another kernel with epoch " + byEpoch + " has taken over this database");
    }
  }
}
