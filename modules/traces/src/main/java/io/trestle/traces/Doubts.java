package io.trestle.traces;

import io.vertx.core.Future;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Whether a write may still be on its way although its writer was told that nobody knows. What is
 * read meanwhile can be wrong a moment later; once the pipeline has written again, such a write is
 * either there or never will be. Thread: the owner's event loop.
 */
final class Doubts {
  private final Supplier<Future<Void>> probe;
  private @Nullable Future<Void> probing;
  private boolean doubtful;

  /**
   * Nothing is in doubt.
   *
   * @param probe a write that changes nothing
   */
  Doubts(Supplier<Future<Void>> probe) {
    this.probe = probe;
  }

  /** A write ended, and nobody knows how. */
  void arose() {
    doubtful = true;
    probing = null; // one that is under way may have been before
  }

  /**
   * Reads when what is read is true; fails while that cannot be known. Without doubt the future is
   * the one of the read and no other: it has the context on which what follows is to run.
   */
  <T> Future<T> read(Supplier<Future<T>> look) {
    return doubtful ? settled().compose(v -> look.get()) : look.get();
  }

  private Future<Void> settled() {
    Future<Void> running = probing;
    if (running != null) {
      return running;
    }
    Future<Void> made = probe.get();
    probing = made;
    made.onComplete(
        done -> {
          if (probing == made) {
            probing = null;
            doubtful = done.failed();
          }
        });
    return made;
  }
}
