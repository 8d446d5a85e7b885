package io.trestle.events;

import io.trestle.events.DeadStore.Dead;
import io.trestle.events.core.Burial;
import io.trestle.kernel.pipeline.WriteFailure;
import io.vertx.core.Future;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Dead letters on their way to the table. A whole backlog can die at once (a pattern that left, a
 * service that stays away), and each dead letter needs its event and a look at its earlier life; so
 * only a few are worked on at a time, in the order in which they died, and the rest waits as a
 * position. One that cannot be stored makes room for others and comes back later and later. Thread:
 * the owner's event loop.
 */
final class Burials {
  /** Worked on at a time. */
  static final int AT_A_TIME = 32;

  static final long FIRST_WAIT_MILLIS = 500;
  static final long LONGEST_WAIT_MILLIS = 15_000;

  private static final Logger LOG = LoggerFactory.getLogger(Burials.class);

  private final Function<Grave, Future<Void>> store;
  private final Later later;
  private final Deque<Grave> next = new ArrayDeque<>();
  private int underWay;
  private int waiting;

  /**
   * None.
   *
   * @param store tries once
   */
  Burials(Function<Grave, Future<Void>> store, Later later) {
    this.store = store;
    this.later = later;
  }

  /** Runs something after a time, on the owner's event loop. */
  @FunctionalInterface
  interface Later {
    void run(long millis, Runnable task);
  }

  /** One dead letter, and what is known of it so far. */
  static final class Grave {
    final ConsumerStore.Consumer consumer;
    final Burial<Logged> burial;
    private final Consumer<Grave> buried;

    /** The row as it is written, the same each time: an earlier try may have been committed. */
    @Nullable Dead letter;

    private int failures;

    Grave(ConsumerStore.Consumer consumer, Burial<Logged> burial, Consumer<Grave> buried) {
      this.consumer = consumer;
      this.burial = burial;
      this.buried = buried;
    }
  }

  /**
   * Stores it, whatever it takes.
   *
   * @param buried is told when it is stored
   */
  void add(ConsumerStore.Consumer consumer, Burial<Logged> burial, Consumer<Grave> buried) {
    waiting++;
    next.add(new Grave(consumer, burial, buried));
    work();
  }

  /** How many are not stored. */
  int waiting() {
    return waiting;
  }

  /** There is no event at this position of the consumer; its delivery ends without a trace. */
  static void warnMissing(ConsumerStore.Consumer consumer, long position) {
    LOG.warn(
        "event is not in the log, its delivery ends without being made (rows of event_log or"
            + " events_dlq were deleted by hand or lost: restore and publish what is missing)"
            + " consumer={} position={}",
        consumer.number(),
        position);
  }

  private void work() {
    while (underWay < AT_A_TIME && !next.isEmpty()) {
      Grave grave = next.remove();
      underWay++;
      store.apply(grave).onComplete(done -> tried(grave, done.cause()));
    }
  }

  private void tried(Grave grave, @Nullable Throwable failure) {
    underWay--;
    if (failure == null) {
      waiting--;
      grave.buried.accept(grave);
    } else {
      again(grave, failure);
    }
    work();
  }

  private void again(Grave grave, Throwable failure) {
    long pause = FIRST_WAIT_MILLIS << Math.min(grave.failures++, 5);
    pause = Math.min(pause, LONGEST_WAIT_MILLIS);
    if (failure instanceof WriteFailure refused && refused.code() == WriteFailure.Code.REJECTED) {
      LOG.warn(
          "dead letter refused by the database, its delivery stays open (mend what it says)"
              + " consumer={} position={} tries={} again_ms={} reason={}",
          grave.consumer.number(),
          grave.burial.position(),
          grave.failures,
          pause,
          failure.toString());
    } else {
      LOG.debug(
          "dead letter not stored yet consumer={} position={} again_ms={} reason={}",
          grave.consumer.number(),
          grave.burial.position(),
          pause,
          failure.toString());
    }
    later.run(
        pause,
        () -> {
          next.add(grave);
          work();
        });
  }
}
