package io.trestle.kernel;

import io.trestle.kernel.gateway.GatewayServer;
import io.trestle.kernel.pipeline.WritePipeline;
import io.trestle.kernel.web.WebServer;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The stop (foundation.md 1.4). At once: new work is refused on the still open port, sessions hear
 * Drain, idle streams end. Only running calls use the shutdown time. Then the pipeline flushes, and
 * everything stops in reverse order of its start.
 */
final class Shutdown {
  private static final Logger LOG = LoggerFactory.getLogger(Shutdown.class);
  private static final Duration USUAL = Duration.ofSeconds(3);
  private static final Duration FLUSH = Duration.ofMillis(500);

  private final List<Module> modules;
  private final GatewayServer gateway;
  private final WebServer web;
  private final WritePipeline pipeline;
  private final Duration limit;
  private final Undo undo;
  private final AtomicReference<@Nullable Future<Void>> running = new AtomicReference<>();

  Shutdown(
      List<Module> modules,
      GatewayServer gateway,
      WebServer web,
      WritePipeline pipeline,
      Duration limit,
      Undo undo) {
    this.modules = modules;
    this.gateway = gateway;
    this.web = web;
    this.pipeline = pipeline;
    this.limit = limit;
    this.undo = undo;
  }

  /** How long running calls may go on. */
  Duration limit() {
    return limit;
  }

  /** Idempotent. */
  synchronized Future<Void> run() {
    Future<Void> known = running.get();
    if (known != null) {
      return known;
    }
    Future<Void> stop = stop();
    running.set(stop);
    return stop;
  }

  private Future<Void> stop() {
    LOG.info("stopping limit_ms={}", limit.toMillis());
    if (limit.compareTo(USUAL) > 0) {
      LOG.warn("grpc.shutdown_timeout_ms={} may take the stop beyond 5 s", limit.toMillis());
    }
    gateway.drain();
    web.drain();
    Future<?> drained = Future.join(modules.stream().map(Shutdown::drain).toList());
    Future<?> idle = Future.join(drained, gateway.inFlightUnary());
    return within(idle, limit)
        .compose(v -> within(pipeline.flush(), FLUSH))
        .compose(v -> undo.run())
        .onSuccess(v -> LOG.info("stopped"));
  }

  private static Future<Void> drain(Module module) {
    try {
      return module
          .drain()
          .onFailure(e -> LOG.warn("module did not drain module={}", module.name(), e));
    } catch (RuntimeException e) {
      LOG.warn("module did not drain module={}", module.name(), e);
      return Future.succeededFuture();
    }
  }

  /** Waits, but not longer than the time given, and never fails. */
  private Future<Void> within(Future<?> work, Duration time) {
    return Future.join(List.of(work))
        .timeout(Math.max(1, time.toMillis()), TimeUnit.MILLISECONDS)
        .<Void>mapEmpty()
        .recover(
            e -> {
              LOG.info("going on without waiting longer reason={}", String.valueOf(e.getMessage()));
              return Future.succeededFuture();
            });
  }
}
