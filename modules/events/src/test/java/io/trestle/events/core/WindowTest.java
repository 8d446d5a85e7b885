package io.trestle.events.core;

import static io.trestle.events.core.Rig.FOO;
import static io.trestle.events.core.Rig.ONE;
import static io.trestle.events.core.Rig.member;
import static io.trestle.events.core.Rig.stream;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Several consumers that hand out on one stream. */
class WindowTest {
  private final Deque<Runnable> soon = new ArrayDeque<>();
  private final List<Rig> groups = new ArrayList<>();
  private Window window = new Window(1);

  private void share(int slots, int count) {
    window = new Window(slots, () -> soon.add(this::fill));
    for (int i = 0; i < count; i++) {
      Rig rig = new Rig();
      rig.register(member(ONE, FOO));
      rig.dispatcher.open(stream(ONE), ONE, window, rig.now);
      groups.add(rig);
    }
  }

  private void fill() {
    window.filling();
    boolean more = true;
    while (more) {
      more = false;
      for (Rig rig : groups) {
        more |= rig.dispatcher.fill(stream(ONE), rig.now);
      }
    }
  }

  private void later() {
    while (!soon.isEmpty()) {
      soon.remove().run();
    }
  }

  private int taken(Rig rig) {
    return rig.dispatcher.taken(stream(ONE));
  }

  @Test
  void groupAlone_hasAllSlots_andLeavesThemOneByOne() {
    share(4, 2);
    Rig one = groups.get(0);
    Rig two = groups.get(1);
    for (int i = 0; i < 20; i++) {
      one.offer(i, i % 2 == 0 ? "" : "lane" + i);
    }
    assertThat(taken(one)).isEqualTo(4);
    for (int i = 0; i < 20; i++) {
      two.offer(i, i % 2 == 0 ? "" : "lane" + i);
    }
    assertThat(taken(two)).isZero();

    one.ack(one.out.get(0));
    later();
    assertThat(List.of(taken(one), taken(two))).containsExactly(3, 1);
    one.ack(one.out.get(1));
    later();
    assertThat(List.of(taken(one), taken(two))).containsExactly(2, 2);
    one.ack(one.out.get(2));
    later();
    assertThat(List.of(taken(one), taken(two))).containsExactly(2, 2);
  }

  @Test
  void oneSlot_isHeldByOneGroupAtATime() {
    share(1, 3);
    for (int i = 0; i < 5; i++) {
      for (Rig rig : groups) {
        rig.offer(i, "");
      }
    }
    for (int i = 0; i < 15; i++) {
      later();
      assertThat(groups.stream().mapToInt(this::taken).sum()).isEqualTo(1);
      assertThat(groups.get(i % 3).out).as("they take turns").hasSize(i / 3 + 1);
      groups.stream()
          .filter(rig -> taken(rig) == 1)
          .findAny()
          .ifPresent(rig -> rig.ack(rig.last()));
    }
    later();
    assertThat(groups).allSatisfy(rig -> assertThat(rig.out).hasSize(5));
  }

  @Test
  void quiesced_isRemembered() {
    share(1, 1);
    window.quiesce();
    assertThat(window.isQuiesced()).isTrue();
  }

  @Test
  void randomLife_neverHasTooMany_andLeavesNoSlotIdle() {
    for (int seed = 0; seed < 300; seed++) {
      groups.clear();
      randomLife(new Random(seed));
    }
  }

  private void randomLife(Random random) {
    int slots = 1 + random.nextInt(6);
    share(slots, 2 + random.nextInt(2));
    for (int step = 0; step < 200; step++) {
      Rig rig = groups.get(random.nextInt(groups.size()));
      if (random.nextInt(5) < 2) {
        rig.offer(step, random.nextBoolean() ? "" : "lane" + random.nextInt(3));
      } else {
        for (Handout<String> h : List.copyOf(rig.out)) {
          if (random.nextInt(3) == 0) {
            rig.ack(h);
          }
        }
      }
      later();
      int held = groups.stream().mapToInt(this::taken).sum();
      assertThat(held).isLessThanOrEqualTo(slots);
      boolean idle = held < slots && groups.stream().anyMatch(g -> g.dispatcher.fill(1, g.now));
      assertThat(idle).isFalse();
    }
  }
}
