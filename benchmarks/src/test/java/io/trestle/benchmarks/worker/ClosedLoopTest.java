package io.trestle.benchmarks.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ClosedLoopTest {
  private static final JsonObject QUESTION =
      new JsonObject().put("concurrent", 3).put("millis", 50);

  private final ExecutorService threads = Executors.newFixedThreadPool(2);
  private final AtomicInteger begun = new AtomicInteger();
  private final AtomicInteger underWay = new AtomicInteger();
  private final AtomicInteger most = new AtomicInteger();

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  @Test
  void loop_keepsSoManyUnderWay_andCountsThem() {
    JsonObject result = ClosedLoop.run(QUESTION, this::succeed);

    assertThat(most.get()).isLessThanOrEqualTo(3);
    assertThat(underWay).hasValue(0);
    assertThat(result.getLong("failed")).isZero();
    // the last one of each chain may end after the time
    assertThat(result.getLong("count")).isBetween(begun.get() - 3L, (long) begun.get());
    assertThat(result.getLong("nanos")).isPositive();
    assertThat(result.getLong("p99")).isLessThanOrEqualTo(result.getLong("max"));
  }

  @Test
  void failure_endsItsChain_andIsTold() {
    JsonObject result =
        ClosedLoop.run(
            QUESTION,
            done -> threads.execute(() -> done.ended(new IllegalStateException("broken"))));

    assertThat(result.getLong("failed")).isEqualTo(3);
    assertThat(result.getString("failure")).contains("broken");
    assertThat(result.getLong("count")).isZero();
  }

  @Test
  void nothingInTime_theFirstThatEndsLater_counts() {
    List<ClosedLoop.Done> held = new CopyOnWriteArrayList<>();
    JsonObject result =
        ClosedLoop.run(
            QUESTION,
            done -> {
              held.add(done);
              if (held.size() == 3) {
                threads.execute(() -> endAfter(100, held));
              }
            });

    assertThat(held).hasSize(3);
    assertThat(result.getLong("count")).isEqualTo(1);
    assertThat(result.getLong("failed")).isZero();
    assertThat(result.getLong("nanos")).isGreaterThan(50_000_000);
  }

  private static void endAfter(long millis, List<ClosedLoop.Done> operations) {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (System.nanoTime() < end) {
      LockSupport.parkNanos(end - System.nanoTime());
    }
    operations.forEach(done -> done.ended(null));
  }

  private void succeed(ClosedLoop.Done done) {
    begun.incrementAndGet();
    most.accumulateAndGet(underWay.incrementAndGet(), Math::max);
    threads.execute(
        () -> {
          underWay.decrementAndGet();
          done.ended(null);
        });
  }
}
