package io.trestle.protocol.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trestle.Acceptance;
import io.trestle.protocol.transport.LoopWatch.Held;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Loops that are held up on purpose, each until it was told. */
class LoopWatchTest {
  private final List<Held> told = new CopyOnWriteArrayList<>();
  private final Vertx vertx =
      Vertx.vertx(LoopWatch.measured(new VertxOptions().setEventLoopPoolSize(1)));

  LoopWatchTest() {
    LoopWatch.listen(vertx, told::add);
  }

  @AfterEach
  void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @Test
  @Acceptance("FL-33")
  void loop_heldUp_isToldWhileItLastsWithItsStack() {
    holdUp(() -> told.size() >= 2);

    Held first = told.get(0);
    assertThat(first.first()).isTrue();
    assertThat(first.isLoop()).isTrue();
    assertThat(first.thread()).contains("eventloop");
    assertThat(first.lasted()).isGreaterThanOrEqualTo(LoopWatch.LIMIT);
    assertThat(first.stack()).anyMatch(f -> f.getClassName().equals(LoopWatchTest.class.getName()));
    assertThat(first.trace()).hasStackTraceContaining("LoopWatchTest");
    assertThat(told.get(1).first()).as("the same task").isFalse();
    assertThat(told.get(1).lasted()).isGreaterThan(first.lasted());
  }

  @Test
  void loop_heldUpByAnotherTask_isToldAgainAsNew() {
    holdUp(() -> tasks() == 1);

    holdUp(() -> tasks() == 2);

    assertThat(tasks()).isEqualTo(2);
  }

  private long tasks() {
    return told.stream().filter(Held::first).count();
  }

  private void holdUp(Callable<Boolean> until) {
    CountDownLatch released = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    vertx.runOnContext(
        v -> {
          awaitQuietly(released);
          ended.countDown();
        });
    await().until(until);
    released.countDown();
    awaitQuietly(ended);
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      assertThat(latch.await(1, TimeUnit.MINUTES)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
