package io.trestle.events;

import io.trestle.events.ConsumerStore.Checkpoint;
import io.trestle.events.ConsumerStore.Progress;
import io.trestle.kernel.pipeline.Write;
import io.trestle.kernel.pipeline.WritePipeline;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stores how far consumers are, some time after they moved, all of them together with the position
 * up to which that is true. What is lost with this process is at most what was acknowledged since
 * the last time; it is delivered again with the same attempt (events.md 6.5.5: 250 ms).
 *
 * <p>One write is under way at a time, since the checkpoint of a later one could be stored without
 * the progress of an earlier one. What moves meanwhile waits no longer than usual, or until that
 * write ends.
 *
 * <p>Thread: the owner's event loop.
 */
final class Ledger {
  private static final Logger LOG = LoggerFactory.getLogger(Ledger.class);
  static final long EVERY_MILLIS = 100;

  /** Of the texts of one write, far below what the pipeline takes. */
  static final long PIECE_CHARS = 4 << 20;

  private final Later later;
  private final Function<Write, Future<Void>> pipeline;
  private final LongSupplier head;
  private final Flushed flushed;
  private final Set<Account> moved = new LinkedHashSet<>();
  private boolean armed;
  private boolean due;
  private boolean writing;
  private Future<Void> underWay = Future.succeededFuture();
  private boolean closed;
  private long movedSince;
  private long writtenSince;

  /** Whose progress it is. */
  @FunctionalInterface
  interface Account {
    Progress progress();
  }

  /** The clock: runs something after a time, on the same thread. */
  @FunctionalInterface
  interface Later {
    void run(long millis, Runnable task);
  }

  /** Hears of each time. */
  @FunctionalInterface
  interface Flushed {
    void ended(boolean stored);
  }

  /**
   * Nothing has moved.
   *
   * @param head position up to which all that is told is known
   */
  Ledger(Vertx vertx, WritePipeline pipeline, LongSupplier head, Flushed flushed) {
    this(
        (millis, task) -> vertx.setTimer(millis, id -> task.run()),
        pipeline::submit,
        head,
        flushed);
  }

  Ledger(Later later, Function<Write, Future<Void>> pipeline, LongSupplier head, Flushed flushed) {
    this.later = later;
    this.pipeline = pipeline;
    this.head = head;
    this.flushed = flushed;
  }

  /** The consumer is further than what is stored. */
  void moved(Account consumer) {
    if (moved.isEmpty()) {
      movedSince = System.nanoTime();
    }
    if (moved.add(consumer)) {
      arm();
    }
  }

  /** Since when there is something that is not stored; 0 for nothing. */
  Duration age() {
    if (moved.isEmpty() && !writing) {
      return Duration.ZERO;
    }
    return Duration.ofNanos(System.nanoTime() - (writing ? writtenSince : movedSince));
  }

  private void arm() {
    if (!armed && !closed) {
      armed = true;
      later.run(EVERY_MILLIS, this::onTimer);
    }
  }

  private void onTimer() {
    armed = false;
    due = writing;
    if (!closed) {
      write();
    }
  }

  /** Stores what there is; completes when it is stored. */
  Future<Void> write() {
    if (moved.isEmpty() || writing) {
      return Future.succeededFuture();
    }
    writing = true;
    writtenSince = movedSince;
    List<Account> writers = List.copyOf(moved);
    moved.clear();
    List<Progress> rows = writers.stream().map(Account::progress).toList();
    Future<Void> written = write(pieces(rows), 0, new Checkpoint(head.getAsLong()));
    underWay = written;
    written.onComplete(done -> written(writers, done));
    return written;
  }

  private void written(List<Account> writers, AsyncResult<Void> done) {
    boolean waited = due;
    writing = false;
    due = false;
    flushed.ended(done.succeeded());
    if (done.failed()) {
      LOG.debug("progress not stored yet reason={}", done.cause().toString());
      moved.addAll(writers);
      movedSince = writtenSince;
    }
    if (waited && !closed) {
      write();
    } else if (!moved.isEmpty()) {
      arm();
    }
  }

  /**
   * The checkpoint goes with the last piece: progress that is newer than the checkpoint counts some
   * deliveries twice until they are read, older progress would lose some.
   */
  private Future<Void> write(List<List<Progress>> pieces, int at, Checkpoint checkpoint) {
    Write.Builder unit = Write.ofAll(ConsumerStore.KEEP_PROGRESS, pieces.get(at));
    if (at == pieces.size() - 1) {
      return pipeline.apply(
          unit.and(ConsumerStore.KEEP_CHECKPOINT, checkpoint).orderKey(this).build());
    }
    return pipeline
        .apply(unit.orderKey(this).build())
        .compose(v -> write(pieces, at + 1, checkpoint));
  }

  /** What the pipeline takes as one write; nearly always that is all. */
  static List<List<Progress>> pieces(List<Progress> rows) {
    List<List<Progress>> pieces = new ArrayList<>();
    List<Progress> piece = new ArrayList<>();
    long size = 0;
    for (Progress row : rows) {
      long own = (long) row.finished().length() + row.holders().length();
      if (!piece.isEmpty() && size + own > PIECE_CHARS) {
        pieces.add(piece);
        piece = new ArrayList<>();
        size = 0;
      }
      piece.add(row);
      size += own;
    }
    pieces.add(piece);
    return pieces;
  }

  /** Stores what there is for the last time. */
  Future<Void> close() {
    closed = true;
    return underWay.transform(v -> write());
  }
}
