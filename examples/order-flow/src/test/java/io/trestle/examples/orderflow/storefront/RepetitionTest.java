package io.trestle.examples.orderflow.storefront;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trestle.protocol.ErrorCode;
import io.trestle.sdk.HandlerException;
import io.trestle.sdk.ServiceBridgeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RepetitionTest {
  private final AtomicLong now = new AtomicLong();
  private final List<Long> pauses = new ArrayList<>();
  private final AtomicInteger repeats = new AtomicInteger();
  private final AtomicInteger calls = new AtomicInteger();
  private final Repetition repetition =
      new Repetition(
          Duration.ofSeconds(5),
          now::get,
          pause -> {
            pauses.add(pause.toMillis());
            now.addAndGet(pause.toNanos());
          });

  @ParameterizedTest
  @EnumSource(
      value = ErrorCode.class,
      names = {"CONNECTION", "TIMEOUT", "NO_LIVE_INSTANCE", "OVERLOADED", "INTERNAL"})
  void untilKnown_unknownOutcome_asksAgain(ErrorCode code) {
    assertThat(run(failingOnce(new ServiceBridgeException(code, "gone", null)))).isEqualTo("done");
    assertThat(repeats).hasValue(1);
  }

  @Test
  void untilKnown_brokenHandler_asksAgain() {
    assertThat(run(failingOnce(new HandlerException("INTERNAL", "broke")))).isEqualTo("done");
  }

  @Test
  void untilKnown_businessCode_isFinal() {
    HandlerException declined = new HandlerException("CARD_DECLINED", "no");

    assertThatThrownBy(() -> run(failing(declined))).isSameAs(declined);
    assertThat(calls).hasValue(1);
    assertThat(repeats).hasValue(0);
  }

  @ParameterizedTest
  @EnumSource(
      value = ErrorCode.class,
      names = {"VALIDATION", "ACCESS_DENIED", "NOT_FOUND", "CONFIG", "STATE", "CANCELLED"})
  void untilKnown_whatWillNotChange_isFinal(ErrorCode code) {
    ServiceBridgeException failure = new ServiceBridgeException(code, "no", null);

    assertThatThrownBy(() -> run(failing(failure))).isSameAs(failure);
    assertThat(calls).hasValue(1);
  }

  @Test
  void untilKnown_neverKnown_endsWithItsPatience() {
    ServiceBridgeException failure = new ServiceBridgeException(ErrorCode.CONNECTION, "gone", null);

    assertThatThrownBy(() -> run(failing(failure))).isSameAs(failure);
    assertThat(pauses).containsExactly(100L, 200L, 400L, 800L, 1_000L, 1_000L, 1_000L);
    assertThat(repeats).hasValue(pauses.size());
  }

  private String run(Repetition.Call<String> call) {
    return repetition.untilKnown(call, because -> repeats.incrementAndGet());
  }

  private Repetition.Call<String> failingOnce(ServiceBridgeException failure) {
    return () -> {
      if (calls.incrementAndGet() == 1) {
        throw failure;
      }
      return "done";
    };
  }

  private Repetition.Call<String> failing(ServiceBridgeException failure) {
    return () -> {
      calls.incrementAndGet();
      throw failure;
    };
  }
}
