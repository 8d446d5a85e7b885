package io.trestle.events.core;

import static io.trestle.events.core.Rig.ONE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trestle.events.core.MemoryPool.Share;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

/** How consumers share the memory of a runtime. */
class MemoryPoolTest {
  private static final int LARGEST = 1_000;
  private static final int TOTAL = 100_000;

  private final MemoryPool pool = new MemoryPool(TOTAL);

  /** A consumer that takes what it gets. */
  private final class Greedy {
    final List<Integer> held = new ArrayList<>();
    int told;
    int refused;
    final Share share = pool.join(() -> told++);

    boolean take(int size) {
      if (share.room() == 0) {
        refused++;
        return false;
      }
      held.add(size);
      share.add(size);
      return true;
    }

    void end() {
      share.add(-held.remove(held.size() - 1));
    }
  }

  @Property(tries = 300)
  void anyOrder_isWithinTheBound_refusesNobodyWhoHoldsLeast_andTellsWhoWasRefused(
      @ForAll @IntRange(min = 1, max = 30) int consumers, @ForAll @LongRange long seed) {
    MemoryPoolTest test = new MemoryPoolTest();
    Random random = new Random(seed);
    List<Greedy> all = new ArrayList<>();
    for (int i = 0; i < consumers; i++) {
      all.add(test.new Greedy());
    }
    for (int step = 0; step < 2_000; step++) {
      Greedy one = all.get(random.nextInt(consumers));
      if (random.nextInt(3) > 0) {
        long left = test.pool.free();
        long own = one.share.own();
        assertThat(one.take(1 + random.nextInt(LARGEST))).isEqualTo(own < left);
      } else if (!one.held.isEmpty()) {
        one.end();
      }
      assertThat(test.pool.used()).isLessThan(TOTAL + LARGEST);
      assertThat(test.pool.used()).isEqualTo(all.stream().mapToLong(g -> g.share.own()).sum());
    }
    all.forEach(MemoryPoolTest::drain);
    assertThat(test.pool.used()).isZero();
    assertThat(test.pool.waiting()).isZero();
    assertThat(all).allSatisfy(g -> assertThat(g.told > 0).isEqualTo(g.refused > 0));
  }

  private static void drain(Greedy greedy) {
    while (!greedy.held.isEmpty()) {
      greedy.end();
    }
  }

  @Property(tries = 100)
  void allThatAreBehind_getTheSame_andLeaveAsMuch(
      @ForAll @IntRange(min = 1, max = 40) int consumers) {
    MemoryPoolTest test = new MemoryPoolTest();
    List<Greedy> all = new ArrayList<>();
    for (int i = 0; i < consumers; i++) {
      all.add(test.new Greedy());
    }
    boolean took = true;
    while (took) {
      took = false;
      for (Greedy greedy : all) {
        took |= greedy.take(100);
      }
    }
    int part = TOTAL / (consumers + 1);
    assertThat(all).allSatisfy(g -> assertThat(g.share.own()).isBetween(part - 200L, part + 200L));
    assertThat(test.new Greedy().take(1)).as("one that comes later").isTrue();
  }

  @Test
  void consumerThatIsAlone_getsHalf() {
    Greedy alone = new Greedy();
    while (alone.take(500)) {
      assertThat(alone.share.own()).isLessThanOrEqualTo(TOTAL / 2);
    }
    assertThat(alone.share.own()).isEqualTo(TOTAL / 2);
    alone.end();
    assertThat(alone.told).isEqualTo(1);
    assertThat(alone.take(500)).isTrue();
  }

  @Test
  void total_none_isRefused() {
    assertThatThrownBy(() -> new MemoryPool(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("total: 0 (expected: 1 or more)");
  }

  /** Dispatchers that nobody answers take what they get, and all of them go on in the end. */
  @Test
  void manyDispatchers_thatAreBehind_shareTheMemory() {
    MemoryPool shared = new MemoryPool(4 << 20);
    List<Rig> rigs = new ArrayList<>();
    List<Long> next = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      rigs.add(Rig.with(shared, 1, ONE));
      next.add(0L);
    }
    offerAll(rigs, next);
    assertThat(shared.used()).isLessThan((4 << 20) + 20_000);
    assertThat(next).allSatisfy(n -> assertThat(n).isBetween(5L, 30L));
    assertThat(shared.waiting()).isEqualTo(20);

    while (next.stream().anyMatch(n -> n < 100)) {
      rigs.forEach(rig -> rig.ack(rig.last()));
      offerAll(rigs, next);
      assertThat(shared.used()).isLessThan((4 << 20) + 20_000);
    }
    assertThat(rigs).allSatisfy(rig -> assertThat(rig.vacancies).isPositive());
  }

  /** To each as long as it has room, 10 KB at a time. */
  private static void offerAll(List<Rig> rigs, List<Long> next) {
    for (boolean took = true; took; ) {
      took = false;
      for (int i = 0; i < rigs.size(); i++) {
        Rig rig = rigs.get(i);
        if (rig.dispatcher.room() > 0 && next.get(i) < 1_000) {
          long position = next.get(i);
          rig.dispatcher.offer(
              new Pending<>(
                  position, "", Match.of(1), rig.now, 10_000, "e" + position, Trouble.NONE),
              rig.now);
          next.set(i, position + 1);
          took = true;
        }
      }
    }
  }
}
