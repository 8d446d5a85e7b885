package io.trestle.sdk.internal.breaker;

import static io.trestle.sdk.internal.breaker.BreakerState.CLOSED;
import static io.trestle.sdk.internal.breaker.BreakerState.HALF_OPEN;
import static io.trestle.sdk.internal.breaker.BreakerState.OPEN;
import static io.trestle.sdk.internal.breaker.BreakerState.PROBING;
import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.protocol.ErrorCode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class CircuitBreakerTest {
  private final List<BreakerState> told = new ArrayList<>();
  private final CircuitBreaker breaker = new CircuitBreaker((from, to) -> told.add(to));
  private long now = -TimeUnit.SECONDS.toNanos(5); // the origin of such a clock is anywhere

  @Test
  void nineFailures_areTooFew() {
    fail(9);
    assertThat(breaker.state()).isEqualTo(CLOSED);
    assertThat(breaker.admits(now)).isTrue();
  }

  @Test
  void tenFailures_open() {
    fail(10);
    assertThat(breaker.admits(now)).isFalse();
    assertThat(told).containsExactly(OPEN);
  }

  @Test
  void halfOfTheOutcomes_isNotMoreThanHalf() {
    answer(5);
    fail(5);
    assertThat(breaker.state()).isEqualTo(CLOSED);
    fail(1);
    assertThat(breaker.state()).isEqualTo(OPEN);
  }

  @Test
  void answer_thatMakesTheOutcomesEnough_opensToo() {
    fail(9);
    answer(1);
    assertThat(breaker.state()).isEqualTo(OPEN);
  }

  @Test
  void outcomes_areForgottenAfterTenSeconds() {
    fail(9);
    pass(10_000);
    fail(9);
    assertThat(breaker.state()).isEqualTo(CLOSED);
    pass(9_000);
    fail(1);
    assertThat(breaker.state()).isEqualTo(OPEN);
  }

  @Test
  void open_lastsThirtySeconds_thenOneCallTries() {
    fail(10);
    pass(29_999);
    assertThat(breaker.admits(now)).isFalse();
    pass(1);
    assertThat(breaker.admits(now)).isTrue();
    assertThat(breaker.admits(now)).isTrue();
    long probe = breaker.claim(now);
    assertThat(probe).isPositive();
    assertThat(breaker.admits(now)).isFalse();
    assertThat(breaker.claim(now)).isEqualTo(CircuitBreaker.REFUSED);
    assertThat(breaker.state()).isEqualTo(PROBING);
  }

  @Test
  void answeredProbe_closes_withAnEmptyWindow() {
    breaker.settle(probe(), Outcome.ANSWERED, now);
    assertThat(breaker.state()).isEqualTo(CLOSED);
    fail(9);
    assertThat(breaker.state()).isEqualTo(CLOSED);
    assertThat(told).containsExactly(OPEN, HALF_OPEN, CLOSED);
  }

  @Test
  void failedProbe_opensForAnotherThirtySeconds() {
    breaker.settle(probe(), Outcome.FAILED, now);
    pass(29_999);
    assertThat(breaker.admits(now)).isFalse();
    pass(1);
    assertThat(breaker.admits(now)).isTrue();
  }

  @Test
  void lostProbe_leavesItsPlaceToAnother() {
    long first = probe();
    breaker.settle(first, Outcome.UNKNOWN, now);
    assertThat(breaker.admits(now)).isTrue();
    assertThat(breaker.claim(now)).isPositive().isNotEqualTo(first);
  }

  @Test
  void outcomesOfOlderCalls_doNotDecide() {
    fail(10);
    answer(3);
    assertThat(breaker.state()).isEqualTo(OPEN);
    pass(30_000);
    assertThat(breaker.admits(now)).isTrue();
    fail(3);
    assertThat(breaker.state()).isEqualTo(HALF_OPEN);
    long probe = breaker.claim(now);
    answer(3);
    fail(3);
    assertThat(breaker.state()).isEqualTo(PROBING);
    breaker.settle(probe, Outcome.ANSWERED, now);
    assertThat(breaker.state()).isEqualTo(CLOSED);
  }

  @Test
  void outcomeOfAnEarlierProbe_doesNotDecide() {
    long first = probe();
    breaker.settle(first, Outcome.UNKNOWN, now);
    long second = breaker.claim(now);
    breaker.settle(first, Outcome.FAILED, now);
    assertThat(breaker.state()).isEqualTo(PROBING);
    breaker.settle(second, Outcome.ANSWERED, now);
    assertThat(breaker.state()).isEqualTo(CLOSED);
  }

  @Test
  void unusedForAMinute_isClosedAgain() {
    fail(10);
    pass(60_000);
    assertThat(breaker.admits(now)).isTrue();
    assertThat(breaker.state()).isEqualTo(CLOSED);
    fail(9);
    assertThat(breaker.state()).isEqualTo(CLOSED);
  }

  @Test
  void abandonedCalls_sayNothing() {
    fail(9);
    for (int i = 0; i < 50; i++) {
      breaker.settle(CircuitBreaker.ORDINARY, Outcome.UNKNOWN, now);
    }
    assertThat(breaker.state()).isEqualTo(CLOSED);
  }

  @Test
  void outcome_ofACode_isAFailureOnTheTransportSideOnly() {
    for (ErrorCode code : ErrorCode.values()) {
      boolean failure =
          List.of(ErrorCode.CONNECTION, ErrorCode.TIMEOUT, ErrorCode.OVERLOADED, ErrorCode.INTERNAL)
              .contains(code);
      assertThat(Outcome.of(code)).isEqualTo(failure ? Outcome.FAILED : Outcome.ANSWERED);
    }
  }

  @Test
  void manyThreads_getOneProbe() throws Exception {
    fail(10);
    pass(30_000);
    ExecutorService threads = Executors.newFixedThreadPool(4);
    CountDownLatch go = new CountDownLatch(1);
    List<Future<Integer>> probes = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      probes.add(threads.submit(() -> claims(go)));
    }
    go.countDown();
    int all = 0;
    for (Future<Integer> of : probes) {
      all += of.get(60, TimeUnit.SECONDS);
    }
    threads.shutdown();
    assertThat(all).isOne();
  }

  private int claims(CountDownLatch go) throws InterruptedException {
    go.await();
    int got = 0;
    for (int i = 0; i < 200; i++) {
      got += breaker.admits(now) && breaker.claim(now) != CircuitBreaker.REFUSED ? 1 : 0;
    }
    return got;
  }

  @Test
  void manyThreads_loseNoOutcome() throws Exception {
    OutcomeWindow window = new OutcomeWindow();
    ExecutorService threads = Executors.newFixedThreadPool(4);
    List<Future<?>> done = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      boolean failed = i < 2;
      done.add(
          threads.submit(
              () -> {
                for (int n = 0; n < 10_000; n++) {
                  window.add(failed, now);
                }
              }));
    }
    for (Future<?> of : done) {
      of.get(60, TimeUnit.SECONDS);
    }
    threads.shutdown();
    assertThat(window.trips(now, 40_000)).isFalse();
    window.add(true, now);
    assertThat(window.trips(now, 40_001)).isTrue();
    assertThat(window.trips(now, 40_002)).isFalse();
  }

  private long probe() {
    fail(10);
    pass(30_000);
    assertThat(breaker.admits(now)).isTrue();
    return breaker.claim(now);
  }

  private void fail(int times) {
    settle(times, Outcome.FAILED);
  }

  private void answer(int times) {
    settle(times, Outcome.ANSWERED);
  }

  private void settle(int times, Outcome outcome) {
    for (int i = 0; i < times; i++) {
      breaker.settle(CircuitBreaker.ORDINARY, outcome, now);
    }
  }

  private void pass(long millis) {
    now += TimeUnit.MILLISECONDS.toNanos(millis);
  }
}
