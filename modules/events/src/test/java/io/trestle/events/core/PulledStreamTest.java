package io.trestle.events.core;

import static io.trestle.events.core.Rig.FOO;
import static io.trestle.events.core.Rig.ONE;
import static io.trestle.events.core.Rig.member;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** A stream that fetches gets what it asks for, and no more. */
class PulledStreamTest {
  private static final long STREAM = 9;

  private static Rig rig() {
    Rig rig = new Rig();
    rig.register(member(ONE, FOO));
    rig.dispatcher.openPulled(STREAM, ONE, 4, rig.now);
    return rig;
  }

  private static void want(Rig rig, int wanted) {
    rig.dispatcher.demand(STREAM, 4, wanted, rig.now);
  }

  @Test
  void nothingIsWanted_nothingIsHandedOut_andNoAttemptIsSpent() {
    Rig rig = rig();
    rig.offer(1, "");
    rig.offer(2, "lane");
    rig.after(60_000);
    assertThat(rig.out).isEmpty();

    want(rig, 5);
    assertThat(rig.positions()).containsExactlyInAnyOrder(1L, 2L);
    assertThat(rig.out).allMatch(h -> h.attempt() == 1);
  }

  @Test
  void eachHandOut_makesOneLessWanted_andAnswersDoNotMakeMore() {
    Rig rig = rig();
    for (int i = 1; i <= 6; i++) {
      rig.offer(i, "");
    }
    want(rig, 2);
    assertThat(rig.out).hasSize(2);
    assertThat(rig.ack(rig.out.get(0))).isTrue();
    assertThat(rig.out).hasSize(2);

    want(rig, 10);
    assertThat(rig.out).as("four are out at most").hasSize(5);
    assertThat(rig.ack(rig.out.get(1))).isTrue();
    assertThat(rig.out).hasSize(6);
  }

  @Test
  void leaseThatIsOver_freesItsSlot_andItsAnswerIsUnknown() {
    Rig rig = rig();
    rig.offer(1, "");
    want(rig, 1);
    rig.after(30_000);
    assertThat(rig.dispatcher.taken(STREAM)).isZero();
    assertThat(rig.trouble(1).attempts()).isEqualTo(1);
    assertThat(rig.ack(rig.last())).isFalse();

    rig.after(2_000);
    want(rig, 1);
    assertThat(rig.last().attempt()).isEqualTo(2);
  }

  @Test
  void unsent_isAsIfItHadNotBeenHandedOut_alsoAtTheHeadOfALane() {
    Rig rig = rig();
    rig.offer(1, "lane");
    rig.offer(2, "lane");
    want(rig, 1);
    Handout<String> first = rig.last();

    assertThat(rig.dispatcher.unsent(STREAM, 1, first.token(), rig.now)).isTrue();
    assertThat(rig.dispatcher.unsent(STREAM, 1, first.token(), rig.now)).isFalse();
    assertThat(rig.ack(first)).isFalse();
    for (int i = 0; i < 20; i++) {
      want(rig, 1);
      rig.dispatcher.unsent(STREAM, 1, rig.last().token(), rig.now);
    }
    want(rig, 1);
    assertThat(rig.last().position()).isEqualTo(1);
    assertThat(rig.last().attempt()).isEqualTo(1);
    assertThat(rig.burials).isEmpty();
    assertThat(rig.stored).isEmpty();
    assertThat(rig.unsent).hasSize(21);
  }

  @Test
  void fewerSlots_whileAnEventIsBrought_areNotExceeded() {
    Rig rig = rig();
    rig.offer(1, "");
    want(rig, 2);
    rig.offer(2, "", Match.of(1), null, Trouble.NONE);
    assertThat(rig.fetches).containsExactly(2L);

    rig.dispatcher.demand(STREAM, 1, 2, rig.now);
    rig.fetched(2);
    assertThat(rig.positions()).isEqualTo(List.of(1L));

    assertThat(rig.ack(rig.last())).isTrue();
    assertThat(rig.positions()).isEqualTo(List.of(1L, 2L));
  }

  @Test
  void wantedNoMore_whileItIsBroughtIntoMemory_staysForTheNext() {
    Rig rig = rig();
    rig.offer(1, "", Match.of(1), null, Trouble.NONE);
    want(rig, 1);
    assertThat(rig.fetches).containsExactly(1L);

    want(rig, 0);
    assertThat(rig.dispatcher.taken(STREAM)).isZero();
    rig.fetched(1);
    assertThat(rig.out).isEmpty();
    want(rig, 1);
    assertThat(rig.positions()).isEqualTo(List.of(1L));
  }
}
