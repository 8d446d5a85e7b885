package io.trestle.sdk.internal.inbound;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class SlotsTest {

  @Test
  void third_waits_fourth_isRefused_andThirdRunsWhenOneLeaves() {
    Slots slots = new Slots(2, 1);
    int[] ran = {0};
    Runnable task = () -> ran[0]++;

    assertThat(slots.enter(task)).isEqualTo(Slots.Entry.RUN);
    assertThat(slots.enter(task)).isEqualTo(Slots.Entry.RUN);
    assertThat(slots.enter(task)).isEqualTo(Slots.Entry.QUEUED);
    assertThat(slots.enter(task)).isEqualTo(Slots.Entry.REFUSED);
    slots.leave();

    assertThat(ran[0]).isEqualTo(1);
    assertThat(slots.running()).isEqualTo(2);
  }

  @Test
  void withdrawn_neverRuns() {
    Slots slots = new Slots(1, 1);
    int[] ran = {0};
    Runnable queued = () -> ran[0]++;
    assertThat(slots.enter(() -> {})).isEqualTo(Slots.Entry.RUN);
    assertThat(slots.enter(queued)).isEqualTo(Slots.Entry.QUEUED);

    assertThat(slots.withdraw(queued)).isTrue();
    slots.leave();

    assertThat(ran[0]).isZero();
    assertThat(slots.running()).isZero();
  }

  @Property
  void anyHistory_staysWithinBounds_andEndsIdle(
      @ForAll @IntRange(min = 1, max = 4) int running,
      @ForAll @IntRange(max = 4) int queued,
      @ForAll @Size(max = 60) List<Boolean> arrivals) {
    Slots slots = new Slots(running, queued);
    Deque<Object> inside = new ArrayDeque<>();
    Runnable task = () -> inside.add(new Object());
    for (boolean arrival : arrivals) {
      if (arrival) {
        if (slots.enter(task) == Slots.Entry.RUN) {
          inside.add(new Object());
        }
      } else if (inside.poll() != null) {
        slots.leave();
      }
      assertThat(slots.running()).isEqualTo(inside.size()).isLessThanOrEqualTo(running);
      assertThat(slots.queued()).isLessThanOrEqualTo(queued);
    }
    while (inside.poll() != null) {
      slots.leave();
    }
    boolean[] idle = {false};
    slots.whenIdle(() -> idle[0] = true);
    assertThat(idle[0]).isTrue();
  }

  @Test
  void longQueue_ofTurnsThatEndAtOnce_needsNoStack() {
    Slots slots = new Slots(1, 100_000);
    int[] ran = {0};
    slots.enter(() -> {});
    for (int i = 0; i < 100_000; i++) {
      slots.enter(
          () -> {
            ran[0]++;
            slots.leave();
          });
    }

    slots.leave();

    assertThat(ran[0]).isEqualTo(100_000);
    assertThat(slots.running()).isZero();
  }
}
