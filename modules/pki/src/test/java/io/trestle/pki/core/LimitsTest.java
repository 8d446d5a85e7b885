package io.trestle.pki.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class LimitsTest {
  @Test
  void tryTake_burstAtOnce_thenOnePerInterval() {
    RateLimit<String> limit = new RateLimit<>(2000, 20_000);
    for (int i = 0; i < 2000; i++) {
      assertThat(limit.tryTake("orders", 1_000)).isTrue();
    }

    assertThat(limit.tryTake("orders", 1_000)).isFalse();
    assertThat(limit.tryTake("payments", 1_000)).isTrue();
    assertThat(limit.tryTake("orders", 1_020)).isTrue();
    assertThat(limit.tryTake("orders", 1_020)).isFalse();
  }

  @Property(tries = 100)
  void tryTake_anySchedule_neverExceedsBurstPlusRefill(
      @ForAll @IntRange(min = 1, max = 20) int burst,
      @ForAll List<@IntRange(max = 50) Integer> pauses) {
    RateLimit<String> limit = new RateLimit<>(burst, 10_000);
    long now = 5_000;
    int taken = 0;
    for (int pause : pauses) {
      now += pause;
      taken += limit.tryTake("k", now) ? 1 : 0;
    }

    assertThat(taken).isLessThanOrEqualTo((int) (burst + (now - 5_000) / 10));
  }

  @Test
  void forgetFull_afterTheRefill_holdsNothing() {
    RateLimit<String> limit = new RateLimit<>(5, 30_000_000);
    limit.tryTake("a", 0);
    limit.forgetFull(29_999);
    assertThat(limit.size()).isEqualTo(1);

    limit.forgetFull(30_000);
    assertThat(limit.size()).isZero();
  }

  @Test
  void enter_overTheLimit_waitsInOrderAndThenRefuses() {
    AdmissionGate gate = new AdmissionGate(() -> 2, 2);
    List<String> started = new ArrayList<>();

    assertThat(gate.enter(() -> started.add("a"))).isTrue();
    assertThat(gate.enter(() -> started.add("b"))).isTrue();
    assertThat(gate.enter(() -> started.add("c"))).isTrue();
    assertThat(gate.enter(() -> started.add("d"))).isTrue();
    assertThat(gate.enter(() -> started.add("e"))).isFalse();
    assertThat(started).containsExactly("a", "b");

    gate.leave();
    gate.leave();
    assertThat(started).containsExactly("a", "b", "c", "d");
  }

  @Test
  void leave_limitRaisedMeanwhile_startsAllThatFit() {
    int[] limit = {1};
    AdmissionGate gate = new AdmissionGate(() -> limit[0], 10);
    List<String> started = new ArrayList<>();
    for (String name : List.of("a", "b", "c")) {
      gate.enter(() -> started.add(name));
    }
    limit[0] = 3;
    gate.leave();

    assertThat(started).containsExactly("a", "b", "c");
  }
}
