package io.trestle.benchmarks.worker;

import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a number of operations under way for a time: each that ends begins the next one, on the
 * thread on which it ended, so that the loop adds no hop and no queue. Each chain of operations has
 * a histogram of its own, so that nothing is shared while the clock runs.
 *
 * <p>The rate is what ended within the time by the time from the first beginning to the last such
 * end. If nothing did, the first that ends later counts, so that a slow machine measures something.
 * Latency is measured from begin to end of each operation; in a closed loop nothing waits to begin,
 * so there is no omission to correct.
 */
final class ClosedLoop {
  private static final long LONGEST_NANOS = TimeUnit.MINUTES.toNanos(2);
  private static final int DIGITS = 3;

  private final Operation operation;
  private final List<Chain> chains = new ArrayList<>();
  private final CompletableFuture<Void> over = new CompletableFuture<>();
  private final AtomicInteger running;
  private final AtomicBoolean any = new AtomicBoolean();
  private final long begin;
  private final long end;

  /** What is measured. It may end on any thread, but not before {@code begin} has returned. */
  @FunctionalInterface
  interface Operation {
    /** Begins one; {@code done} hears of its end, with what went wrong or null. */
    void begin(Done done);
  }

  /** Hears the end of one operation. */
  @FunctionalInterface
  interface Done {
    void ended(@Nullable Throwable failure);
  }

  private ClosedLoop(Operation operation, int concurrent, long millis) {
    this.operation = operation;
    this.running = new AtomicInteger(concurrent);
    this.begin = System.nanoTime();
    this.end = begin + TimeUnit.MILLISECONDS.toNanos(millis);
    for (int i = 0; i < concurrent; i++) {
      chains.add(new Chain());
    }
  }

  /** Runs one and tells what came of it; the question says how many and how long. */
  static JsonObject run(JsonObject question, Operation operation) {
    ClosedLoop loop =
        new ClosedLoop(operation, question.getInteger("concurrent"), question.getLong("millis"));
    loop.chains.forEach(Chain::next);
    Waiting.on(loop.over, Duration.ofMillis(question.getLong("millis") + 60_000));
    return loop.result();
  }

  private JsonObject result() {
    Histogram all = new Histogram(LONGEST_NANOS, DIGITS);
    long last = begin + 1;
    long failed = 0;
    String failure = "";
    for (Chain chain : chains) {
      all.add(chain.latencies);
      last = Math.max(last, chain.lastEnd);
      Throwable cause = chain.failure;
      if (cause != null) {
        failed++;
        failure = String.valueOf(cause);
      }
    }
    return new JsonObject()
        .put("count", all.getTotalCount())
        .put("nanos", last - begin)
        .put("begin", begin)
        .put("p50", all.getValueAtPercentile(50))
        .put("p99", all.getValueAtPercentile(99))
        .put("max", all.getMaxValue())
        .put("failed", failed)
        .put("failure", failure);
  }

  /** Operations one after another. */
  private final class Chain implements Done {
    private final Histogram latencies = new Histogram(LONGEST_NANOS, DIGITS);
    private long began;
    private long lastEnd;
    private @Nullable Throwable failure;

    void next() {
      began = System.nanoTime();
      operation.begin(this);
    }

    @Override
    public void ended(@Nullable Throwable cause) {
      long now = System.nanoTime();
      failure = cause;
      boolean inTime = now <= end;
      if (cause == null && counts(inTime)) {
        latencies.recordValue(Math.min(now - began, LONGEST_NANOS));
        lastEnd = now;
      }
      if (cause == null && inTime) {
        next();
      } else if (running.decrementAndGet() == 0) {
        over.complete(null);
      }
    }

    private boolean counts(boolean inTime) {
      boolean first = !any.get() && any.compareAndSet(false, true);
      return inTime || first;
    }
  }
}
