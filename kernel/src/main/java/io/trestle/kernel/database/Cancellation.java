package io.trestle.kernel.database;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A start that is no longer wanted: a switch that is turned once, from any thread. It ends the
 * program that runs for the start at that moment, and no other is begun.
 *
 * <p>The children are ended too, because {@code initdb} works through servers of its own. They are
 * asked first, and made to end when they do not.
 */
final class Cancellation {
  private static final int PATIENCE_SECONDS = 2;

  private boolean cancelled;
  private @Nullable Process running;
  private List<ProcessHandle> family = List.of();

  synchronized boolean isCancelled() {
    return cancelled;
  }

  /** Fails when the start is not wanted any more. */
  void check() {
    if (isCancelled()) {
      throw new DatabaseFailure(DatabaseFailure.Kind.CANCELLED, "the start was cancelled");
    }
  }

  /** Does not block. */
  synchronized void cancel() {
    cancelled = true;
    Process program = running;
    if (program != null) {
      family = Stream.concat(program.descendants(), Stream.of(program.toHandle())).toList();
      program.children().forEach(ProcessHandle::destroy);
      program.destroy();
    }
  }

  /** Starts a program of the start, which {@link #cancel} ends. */
  synchronized Process begin(ProcessBuilder program) throws IOException {
    check();
    Process begun = program.start();
    running = begun;
    return begun;
  }

  /** The program has ended by itself, or was ended: then its children are awaited. */
  void ended() {
    List<ProcessHandle> left;
    synchronized (this) {
      running = null;
      left = family;
      family = List.of();
    }
    CompletableFuture.allOf(
            left.stream().map(ProcessHandle::onExit).toArray(CompletableFuture<?>[]::new))
        .completeOnTimeout(null, PATIENCE_SECONDS, TimeUnit.SECONDS)
        .join();
    left.forEach(ProcessHandle::destroyForcibly);
    check();
  }
}
