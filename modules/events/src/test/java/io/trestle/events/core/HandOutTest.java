package io.trestle.events.core;

import static io.trestle.events.core.Rig.BAZ;
import static io.trestle.events.core.Rig.FOO;
import static io.trestle.events.core.Rig.FOO_EUR;
import static io.trestle.events.core.Rig.ONE;
import static io.trestle.events.core.Rig.THREE;
import static io.trestle.events.core.Rig.TWO;
import static io.trestle.events.core.Rig.WILD;
import static io.trestle.events.core.Rig.member;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trestle.Acceptance;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Who gets what (events.md 6.2, 6.7). */
class HandOutTest {
  @Test
  void delivery_streamWithFreeSlot_isHandedOutAtOnce() {
    Rig rig = Rig.with(4, ONE);

    rig.offer(1, "");

    assertThat(rig.out)
        .containsExactly(new Handout<>(1, ONE, 1, "e1", 1, rig.last().token(), List.of("foo.x")));
    assertThat(rig.dispatcher.inFlight()).isEqualTo(1);
    assertThat(rig.dispatcher.nextTick()).isEqualTo(rig.now + 30_000);
  }

  @Test
  @Acceptance("EV-50")
  void stream_hundredDeliveries_neverHasMoreUnansweredThanItAllows() {
    Rig rig = Rig.with(4, ONE);
    for (int i = 1; i <= 100; i++) {
      rig.offer(i, i % 3 == 0 ? "lane" + i % 2 : "");
    }

    for (int answered = 0; answered < 100; answered++) {
      assertThat(rig.out.size() - answered).isLessThanOrEqualTo(4);
      assertThat(rig.ack(rig.out.get(answered))).isTrue();
    }
    assertThat(rig.finished).hasSize(100).doesNotHaveDuplicates();
    assertThat(rig.dispatcher.nextTick()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  @Acceptance("EV-51")
  void stream_allSlotsHungPastTheirLease_getsNothing() {
    Rig rig = Rig.with(4, ONE);
    for (int i = 1; i <= 4; i++) {
      rig.offer(i, "");
    }

    rig.after(30_000);
    rig.after(10_000);
    rig.offer(5, "");
    assertThat(rig.out).hasSize(4);

    Handout<String> first = rig.out.get(0);
    rig.nack(first, "too late");
    assertThat(rig.out).hasSize(5);
  }

  @Test
  void unkeyed_twoStreams_sharesTheLoad() {
    Rig rig = Rig.with(50, ONE, TWO);
    for (int i = 1; i <= 60; i++) {
      rig.offer(i, "");
    }

    long one = rig.out.stream().filter(h -> h.stream() == 1).count();
    assertThat(one).isBetween(25L, 35L);
  }

  @Test
  void patterns_severalMatch_areThoseStillWantedInOrderOfRegistrationEachOnce() {
    Rig rig = new Rig();
    rig.register(member(ONE, WILD, FOO_EUR, FOO));
    rig.open(ONE, 4);

    rig.offer(1, "", Match.of(1, 2, 3, 4));

    assertThat(rig.last().patterns()).containsExactly("foo.*", "foo.x");
  }

  @Test
  void instance_declaresAllPatterns_isPreferredForEver() {
    Rig rig = new Rig();
    rig.register(member(ONE, WILD), member(TWO, WILD, FOO));
    rig.open(ONE, 4);

    rig.offer(1, "", Match.of(1, 3));
    rig.after(60_000);
    assertThat(rig.out).isEmpty();

    rig.open(TWO, 4);
    assertThat(rig.last().instance()).isEqualTo(TWO);
  }

  @Test
  void instance_declaresSome_isUsedAfterThirtySecondsIfNoneDeclaresAll() {
    Rig rig = new Rig();
    rig.register(member(ONE, WILD), member(TWO, FOO));
    rig.open(ONE, 4);
    rig.offer(1, "", Match.of(1, 3));
    rig.offer(2, "lane", Match.of(1, 3));

    rig.after(29_999);
    assertThat(rig.out).isEmpty();
    assertThat(rig.dispatcher.nextTick()).isEqualTo(rig.now + 1);

    rig.after(1);
    assertThat(rig.positions()).containsExactlyInAnyOrder(1L, 2L);
    assertThat(rig.last().patterns()).containsExactly("foo.*", "foo.x");
  }

  @Test
  void instance_samePatternWithTheOtherFilter_covers() {
    Rig rig = new Rig();
    rig.register(member(ONE, FOO), member(TWO, FOO_EUR));
    rig.open(ONE, 4);

    rig.offer(1, "", Match.of(1, 4));

    assertThat(rig.last().instance()).isEqualTo(ONE);
  }

  @Test
  void instance_filterThatTheEventDidNotPass_doesNotCover() {
    Rig rig = new Rig();
    rig.register(member(ONE, FOO_EUR), member(TWO, FOO));
    rig.open(ONE, 4);

    rig.offer(1, "", Match.of(1));
    rig.after(60_000);

    assertThat(rig.out).isEmpty();
  }

  @Test
  void instance_drainingOrWithoutSession_getsNothing() {
    Rig rig = new Rig();
    rig.register(
        new Member(ONE, true, true, List.of(FOO)), new Member(TWO, false, false, List.of(FOO)));
    rig.open(ONE, 4);
    rig.open(TWO, 4);

    rig.offer(1, "");

    assertThat(rig.out).isEmpty();
    rig.register(member(TWO, FOO));
    assertThat(rig.last().instance()).isEqualTo(TWO);
  }

  @Test
  void stream_quiesced_getsNothingButItsAnswersCount() {
    Rig rig = Rig.with(4, ONE);
    rig.offer(1, "");

    rig.dispatcher.quiesce(1);
    rig.offer(2, "");

    assertThat(rig.positions()).containsExactly(1L);
    assertThat(rig.ack(rig.last())).isTrue();
  }

  @Test
  @Acceptance("EV-60")
  void lane_fourInstances_neverOverlapsAndStaysWhileTheSetIsStable() {
    UUID four = new UUID(0, 4);
    Rig rig = Rig.with(2, ONE, TWO, THREE, four);
    Set<UUID> used = new HashSet<>();
    for (int lane = 0; lane < 40; lane++) {
      for (int i = 0; i < 5; i++) {
        rig.offer(lane * 5L + i, "lane" + lane);
      }
    }
    UUID[] holder = new UUID[40];
    for (int i = 0; i < 200; i++) {
      Handout<String> h = rig.out.get(i);
      int lane = (int) h.position() / 5;
      assertThat(holder[lane]).isIn(null, h.instance());
      holder[lane] = h.instance();
      used.add(h.instance());
      long others = rig.out.stream().skip(i + 1).filter(o -> o.position() / 5 == lane).count();
      assertThat(others).isZero();
      rig.ack(h);
    }
    assertThat(used).hasSize(4);
  }

  @Test
  void lane_itsStreamIsFull_waitsForThatOne() {
    Rig rig = Rig.with(1, ONE, TWO);
    for (int i = 1; i <= 20; i++) {
      rig.offer(i, "lane" + i);
    }
    assertThat(rig.out).hasSize(2);
    Handout<String> atOne = rig.out.get(0);

    rig.ack(atOne);

    assertThat(rig.out).hasSize(3);
    assertThat(rig.last().instance()).isEqualTo(atOne.instance());
  }

  @Test
  void keyedAndUnkeyed_bothWait_takeTurns() {
    Rig rig = Rig.with(1, ONE);
    for (int i = 1; i <= 20; i++) {
      rig.offer(i, i % 2 == 0 ? "lane" : "");
    }
    for (int i = 0; i < 10; i++) {
      rig.ack(rig.last());
    }

    long keyed = rig.positions().stream().filter(p -> p % 2 == 0).count();
    assertThat(keyed).isBetween(4L, 7L);
  }

  @Test
  void consumer_paused_getsNothingUntilResumed() {
    Rig rig = Rig.with(4, ONE);
    rig.dispatcher.paused(true, rig.now);

    rig.offer(1, "");
    rig.register(member(ONE, BAZ));
    rig.after(120_000);
    assertThat(rig.out).isEmpty();
    assertThat(rig.burials).isEmpty();

    rig.register(member(ONE, FOO));
    rig.dispatcher.paused(false, rig.now);
    assertThat(rig.positions()).containsExactly(1L);
  }

  @Test
  void open_wrongArguments_areRefused() {
    Rig rig = Rig.with(4, ONE);

    assertThatThrownBy(() -> rig.open(TWO, 0)).hasMessageContaining("maxInFlight: 0");
    assertThatThrownBy(() -> rig.open(ONE, 1)).hasMessageContaining("stream: 1");
  }

  @Test
  void unknownStream_isIgnored() {
    Rig rig = Rig.with(4, ONE);
    rig.offer(1, "");

    assertThat(rig.dispatcher.ack(9, 1, rig.last().token(), true, rig.now)).isFalse();
    assertThat(
            rig.dispatcher.nack(9, 1, rig.last().token(), true, new Nack("", -1, false), rig.now))
        .isFalse();
    rig.dispatcher.close(9, true, rig.now);
    rig.dispatcher.quiesce(9);
    assertThat(rig.dispatcher.inFlight()).isEqualTo(1);
  }
}
