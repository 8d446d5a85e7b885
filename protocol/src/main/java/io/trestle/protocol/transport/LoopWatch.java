package io.trestle.protocol.transport;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.internal.threadchecker.BlockedThreadEvent;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Tells which task holds up an event loop for longer than 100 ms, while it does (foundation.md,
 * FL-33).
 *
 * <p>An event loop serves many connections, and one task that waits or computes on it keeps all of
 * them waiting. Vert.x notes when each loop began what it is doing, and a thread of its own looks
 * at that from time to time; loops pay nothing for it. Out of the box it looks once a second for
 * two seconds, and prints the stack after five. Here it looks 20 times a second for a tenth of a
 * second, so that a task is told of between 100 and 150 ms after it began, and the first time it is
 * told, its stack is too: what the loop does later may be something else.
 *
 * <p>What is measured is time, whoever took it. A pause of the whole JVM, or a machine that gives
 * its processors to others, looks the same; the stack then names an innocent. Those strike anywhere
 * and rarely in the same place, code that blocks is seen in its own place each time.
 *
 * <p>Rejected: a tick sent to each loop now and then, which measures the queue as well, but wakes
 * idle loops and so the processor of whoever embeds the SDK.
 */
public final class LoopWatch {
  /** How long one task may hold a loop. */
  public static final Duration LIMIT = Duration.ofMillis(100);

  private static final Duration CHECK = Duration.ofMillis(50);

  private LoopWatch() {}

  /**
   * A task that has been running on a thread for too long.
   *
   * @param thread name of the thread
   * @param lasted for how long until now
   * @param limit what was allowed; {@link #LIMIT} for event loops, more for workers
   * @param first whether this task is told for the first time; it is told again while it lasts
   * @param stack where it is now, innermost first
   */
  public record Held(
      String thread,
      Duration lasted,
      Duration limit,
      boolean first,
      List<StackTraceElement> stack) {

    /** Whether it is an event loop, and not one of the threads where work may block. */
    public boolean isLoop() {
      return limit.equals(LIMIT);
    }

    /** The stack in the form in which logs print stacks. */
    public Throwable trace() {
      return new Trace(stack);
    }
  }

  private static final class Trace extends Exception {
    private static final long serialVersionUID = 1L;

    Trace(List<StackTraceElement> stack) {
      super("what it is doing", null, false, true);
      setStackTrace(stack.toArray(StackTraceElement[]::new));
    }
  }

  /** The same options, with loops measured. */
  public static VertxOptions measured(VertxOptions options) {
    return options
        .setBlockedThreadCheckInterval(CHECK.toMillis())
        .setBlockedThreadCheckIntervalUnit(TimeUnit.MILLISECONDS)
        .setMaxEventLoopExecuteTime(LIMIT.toMillis())
        .setMaxEventLoopExecuteTimeUnit(TimeUnit.MILLISECONDS);
  }

  /**
   * Listens to a Vert.x that was made with {@link #measured} options, in place of its own warnings.
   *
   * @param listener runs on the thread that looks; must not throw
   */
  public static void listen(Vertx vertx, Consumer<Held> listener) {
    Map<Thread, Long> toldAt = new WeakHashMap<>();
    ((VertxInternal) vertx)
        .blockedThreadChecker()
        .setThreadBlockedHandler(event -> listener.accept(held(event, toldAt)));
  }

  /** On one thread only. What has lasted since before it was last told of is not new. */
  private static Held held(BlockedThreadEvent event, Map<Thread, Long> toldAt) {
    long now = System.nanoTime();
    Long told = toldAt.put(event.thread(), now);
    return new Held(
        event.thread().getName(),
        Duration.ofNanos(event.duration()),
        Duration.ofNanos(event.maxExecTime()),
        told == null || event.duration() < now - told,
        Arrays.asList(event.thread().getStackTrace()));
  }
}
