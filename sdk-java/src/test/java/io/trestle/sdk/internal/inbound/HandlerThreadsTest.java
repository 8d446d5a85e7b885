package io.trestle.sdk.internal.inbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class HandlerThreadsTest {

  @Test
  void threadsThatAreNotAtRestYet_refuseNobody() throws Exception {
    CountDownLatch atRest = new CountDownLatch(1);
    try (HandlerThreads threads = HandlerThreads.create()) {
      Slots slots = new Slots(1, 0);
      for (int i = 0; i < 20; i++) {
        assertThat(slots.enter(() -> {})).isEqualTo(Slots.Entry.RUN);
        CountDownLatch told = new CountDownLatch(1);
        threads
            .executor()
            .execute(
                () -> {
                  slots.leave();
                  told.countDown();
                  hold(atRest);
                });
        assertThat(told.await(30, TimeUnit.SECONDS)).isTrue();
      }
    } finally {
      atRest.countDown();
    }
  }

  @Test
  void poolWithoutAThread_refuses() {
    OutOfMemoryError none = new OutOfMemoryError("unable to create native thread");
    try (HandlerThreads threads =
        HandlerThreads.pool(
            task -> {
              throw none;
            })) {
      assertThatThrownBy(() -> threads.executor().execute(() -> {}))
          .isInstanceOf(RejectedExecutionException.class)
          .hasCause(none);
    }
  }

  private static void hold(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
