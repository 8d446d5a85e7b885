package io.trestle.kernel;

import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What was started, and how to stop it, newest first. Used by a failed start and by a regular stop
 * alike. A part that fails to stop, or does not stop in its time, is logged and passed over: the
 * next one must stop all the same.
 */
final class Undo {
  private static final Logger LOG = LoggerFactory.getLogger(Undo.class);
  private static final Duration LIMIT = Duration.ofSeconds(5);

  private final Deque<Part> parts = new ArrayDeque<>();

  private record Part(String name, Supplier<Future<?>> stop) {}

  synchronized void add(String name, Supplier<Future<?>> stop) {
    parts.push(new Part(name, stop));
  }

  Future<Void> run() {
    Part part = next();
    if (part == null) {
      return Future.succeededFuture();
    }
    return stop(part)
        .transform(
            done -> {
              if (done.failed()) {
                LOG.warn(
                    "part did not stop part={} reason={}",
                    part.name(),
                    String.valueOf(done.cause()));
              }
              return run();
            });
  }

  private synchronized @Nullable Part next() {
    return parts.poll();
  }

  private static Future<?> stop(Part part) {
    try {
      return part.stop().get().timeout(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RuntimeException e) {
      return Future.failedFuture(e);
    }
  }
}
