package io.trestle.kernel;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.trestle.protocol.transport.LoopWatch;
import io.vertx.core.Vertx;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Event loops of the kernel that one task held for longer than 100 ms: how many times, for how long
 * at most, and for each a warning with the stack. During the start nobody waits for a loop, and the
 * loading of classes alone can take so long; what happens then is told at debug level only.
 */
final class HeldLoops {
  static final String HELD = "trestle.loops.held";
  static final String LONGEST = "trestle.loops.held.longest";

  private static final Logger LOG = LoggerFactory.getLogger(HeldLoops.class);

  private final Counter held;
  private final AtomicLong longest = new AtomicLong();
  private volatile boolean serving;

  private HeldLoops(MeterRegistry meters) {
    held =
        Counter.builder(HELD)
            .description("Tasks that held an event loop for longer than 100 ms while serving.")
            .register(meters);
    TimeGauge.builder(LONGEST, longest, TimeUnit.MILLISECONDS, AtomicLong::get)
        .description("For how long one task held an event loop, the longest since the start.")
        .register(meters);
  }

  /** Watches a Vert.x that was made with {@link LoopWatch#measured} options. */
  static HeldLoops watch(Vertx vertx, MeterRegistry meters) {
    HeldLoops loops = new HeldLoops(meters);
    LoopWatch.listen(vertx, loops::told);
    return loops;
  }

  /** The start is over. */
  void serving() {
    serving = true;
  }

  private void told(LoopWatch.Held task) {
    long millis = task.lasted().toMillis();
    boolean counts = serving && task.isLoop();
    if (counts) {
      longest.accumulateAndGet(millis, Math::max);
    }
    if (!task.first()) {
      return;
    }
    if (counts) {
      held.increment();
    }
    LOG.atLevel(serving ? Level.WARN : Level.DEBUG)
        .setCause(task.trace())
        .log(
            "thread held up thread={} ms={} limit_ms={}",
            task.thread(),
            millis,
            task.limit().toMillis());
  }
}
