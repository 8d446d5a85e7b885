package io.trestle.events.core;

import static io.trestle.events.core.Rig.BAZ;
import static io.trestle.events.core.Rig.FOO;
import static io.trestle.events.core.Rig.ONE;
import static io.trestle.events.core.Rig.TWO;
import static io.trestle.events.core.Rig.member;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Which events stay, which are brought again, and how much more is taken. */
class MemoryTest {
  @Test
  void lane_blocked_keepsSixteenBehindItsHeadAndBringsTheRestInTime() {
    Rig rig = Rig.with(4, ONE);
    for (int i = 0; i < 100; i++) {
      rig.offer(i, "a");
    }
    assertThat(rig.dispatcher.room()).isEqualTo(4096 - 16);

    for (int i = 0; i < 14; i++) {
      rig.ack(rig.last());
      assertThat(rig.fetches).isEmpty();
    }
    rig.ack(rig.last());
    assertThat(rig.last().position()).isEqualTo(15);
    List<Long> piece = LongStream.rangeClosed(17, 31).boxed().toList();
    assertThat(rig.fetches).isEqualTo(piece);
    rig.ack(rig.last());
    assertThat(rig.last().position()).isEqualTo(16);

    rig.ack(rig.last());
    assertThat(rig.last().position()).isEqualTo(16);
    rig.fetched(17);
    assertThat(rig.last().position()).isEqualTo(17);
    assertThat(rig.fetches).isEqualTo(piece);
  }

  @Test
  void room_unkeyedBacklog_endsAtFourThousand() {
    Rig rig = Rig.with(1, ONE);
    for (int i = 0; i <= 4096; i++) {
      assertThat(rig.dispatcher.room()).isPositive();
      rig.offer(i, "");
    }
    assertThat(rig.dispatcher.room()).isZero();
    rig.ack(rig.last());
    assertThat(rig.dispatcher.room()).isEqualTo(1);
  }

  @Test
  void room_manyBlockedLanes_leaveHalfToOthers() {
    Rig rig = Rig.with(1, ONE);
    for (int i = 0; i < 60_000; i++) {
      rig.offer(i, "lane" + i % 300);
    }
    assertThat(rig.dispatcher.room()).isBetween(1_700, 2_100);
    assertThat(rig.dispatcher.outstandingCount()).isEqualTo(60_000);
  }

  @Test
  void room_largeEvents_endsAtSixtyFourMebibytes() {
    Rig rig = Rig.with(1, ONE);
    for (int i = 0; i < 65; i++) {
      rig.dispatcher.offer(
          new Pending<>(i, "", Match.of(1), rig.now, 1 << 20, "e" + i, Trouble.NONE), rig.now);
    }
    assertThat(rig.dispatcher.room()).isZero();
    assertThat(rig.dispatcher.outstandingCount()).isEqualTo(65);

    while (rig.dispatcher.outstandingCount() > 0) {
      rig.ack(rig.last());
    }
    assertThat(rig.dispatcher.room()).isEqualTo(4096);
  }

  @Test
  void largeEvents_unanswered_stopTheStreamAtSixteenMebibytes() {
    Rig rig = Rig.with(32, ONE);
    for (int i = 0; i < 8; i++) {
      offer(rig, i, i % 2 == 0 ? "" : "lane" + i, 3 << 20);
    }
    assertThat(rig.out).hasSize(6);

    rig.ack(rig.out.get(0));
    assertThat(rig.out).hasSize(7);
    rig.after(30_000);
    assertThat(rig.out).as("a handler whose lease is over still has its event").hasSize(7);
    rig.close(ONE, true);
    rig.open(ONE, 32);
    assertThat(rig.out).hasSizeGreaterThan(7);
  }

  @Test
  void eventLargerThanAStreamTakes_goesWhenNothingElseIsOut() {
    Rig rig = Rig.with(4, ONE);
    offer(rig, 1, "", 20 << 20);
    offer(rig, 2, "", 20 << 20);
    assertThat(rig.positions()).containsExactly(1L);

    rig.ack(rig.last());

    assertThat(rig.positions()).containsExactly(1L, 2L);
  }

  private static void offer(Rig rig, long position, String lane, int bytes) {
    rig.dispatcher.offer(
        new Pending<>(position, lane, Match.of(1), rig.now, bytes, "e" + position, Trouble.NONE),
        rig.now);
  }

  @Test
  void whatNobodyMayTake_leavesHalfOfTheWindowToOthers() {
    Rig rig = Rig.with(1, ONE);
    rig.register(member(ONE, FOO), member(TWO, BAZ));
    for (int i = 0; i < 10_000; i++) {
      rig.offer(i, i % 3 == 0 ? "lane" + i : "", Match.of(2));
    }
    assertThat(rig.dispatcher.room()).isGreaterThan(2_000);
    rig.offer(20_000, "");
    assertThat(rig.positions()).containsExactly(20_000L);

    rig.open(TWO, 8_000);
    assertThat(rig.fetches).hasSizeGreaterThan(5_000);
    List.copyOf(rig.fetches).forEach(rig::fetched);
    assertThat(rig.out).hasSize(8_001);
  }

  @Test
  void streamThatGoes_leavesHalfOfTheWindowToOthers() {
    Rig rig = Rig.with(1, ONE);
    rig.register(member(ONE, FOO), member(TWO, BAZ));
    rig.open(TWO, 1);
    for (int i = 0; i <= 4096; i++) {
      rig.offer(i, "", Match.of(2));
    }
    assertThat(rig.dispatcher.room()).isZero();

    rig.close(TWO, true);
    assertThat(rig.dispatcher.room()).isGreaterThan(2_000);

    rig.open(TWO, 1);
    assertThat(rig.dispatcher.room()).as("they need their events again").isZero();
  }

  @Test
  void deadLettersThatAreNotStored_count() {
    Rig rig = Rig.with(4096, ONE);
    for (int i = 0; i < 4096; i++) {
      rig.offer(i, "");
    }
    assertThat(rig.dispatcher.room()).isEqualTo(4096);
    List.copyOf(rig.out).forEach(h -> rig.nack(h, new Nack("bad", -1, true)));
    assertThat(rig.dispatcher.room()).isZero();
    assertThat(rig.burials).anyMatch(b -> b.event() != null).anyMatch(b -> b.event() == null);

    for (int i = 0; i < 4096; i++) {
      rig.buried(i);
    }
    assertThat(rig.dispatcher.room()).isEqualTo(4096);
  }

  @Test
  void offline_eventsAreLetGoAndBroughtWhenThereIsASlot() {
    Rig rig = Rig.with(2, ONE);
    for (int i = 0; i < 50; i++) {
      rig.offer(i, "lane" + i);
    }
    assertThat(rig.dispatcher.room()).isEqualTo(4096 - 48);

    rig.members(false);
    assertThat(rig.dispatcher.room()).isEqualTo(4096);
    rig.offer(50, "lane50");
    assertThat(rig.dispatcher.room()).isEqualTo(4096);

    rig.close(ONE, true);
    rig.register(member(ONE, FOO));
    assertThat(rig.fetches).isEmpty();
    rig.open(ONE, 3);
    assertThat(rig.fetches).hasSize(3);
    rig.out.clear();
    rig.fetches.forEach(rig::fetched);
    assertThat(rig.positions()).containsExactlyElementsOf(rig.fetches);
  }

  @Test
  void fetched_streamGoneMeanwhile_waitsAndIsNotFetchedAgain() {
    Rig rig = Rig.with(2, ONE);
    rig.offer(1, "", Match.of(1), null, Trouble.NONE);
    assertThat(rig.fetches).containsExactly(1L);
    rig.close(ONE, true);
    rig.open(ONE, 2);
    assertThat(rig.fetches).containsExactly(1L);

    rig.fetched(1);

    assertThat(rig.out).hasSize(1);
    assertThat(rig.stored).isEmpty();
    rig.fetched(1);
    rig.fetched(2);
    assertThat(rig.out).hasSize(1);
  }

  @Test
  void missing_endsTheDelivery_andGivesSlotAndLaneToTheNext() {
    Rig rig = Rig.with(1, ONE);
    rig.offer(1, "lane", Match.of(1), null, Trouble.NONE);
    rig.offer(2, "lane");
    rig.offer(3, "");

    assertThat(rig.dispatcher.missing(1, rig.now)).isTrue();

    assertThat(rig.out).hasSize(1);
    rig.ack(rig.last());
    assertThat(rig.positions()).containsExactlyInAnyOrder(2L, 3L);
    rig.ack(rig.last());
    assertThat(rig.dispatcher.outstandingCount()).isZero();
    assertThat(rig.dispatcher.taken(Rig.stream(ONE))).isZero();
    assertThat(rig.burials).isEmpty();
  }

  @Test
  void missing_deadMeanwhile_isLeftToItsBurial() {
    Rig rig = Rig.with(1, ONE);
    rig.offer(1, "", Match.of(1), null, Trouble.NONE);
    rig.register(member(ONE, BAZ));

    assertThat(rig.dispatcher.missing(1, rig.now)).isFalse();

    assertThat(rig.burials).hasSize(1);
    assertThat(rig.dispatcher.isOutstanding(1)).isTrue();
    rig.buried(1);
    assertThat(rig.dispatcher.missing(1, rig.now)).isFalse();
  }

  @Test
  void fetched_offlineMeanwhile_isNotKept() {
    Rig rig = Rig.with(2, ONE);
    rig.offer(1, "", Match.of(1), null, Trouble.NONE);
    rig.members(false);

    rig.fetched(1);

    rig.register(member(ONE, FOO));
    assertThat(rig.fetches).containsExactly(1L, 1L);
  }

  @Test
  void slot_ofADeliveryBeingBrought_isTaken() {
    Rig rig = Rig.with(1, ONE);
    rig.offer(1, "", Match.of(1), null, Trouble.NONE);
    rig.offer(2, "");
    assertThat(rig.out).isEmpty();

    rig.fetched(1);

    assertThat(rig.positions()).containsExactly(1L);
  }

  @Test
  void retry_farAway_letsTheEventGo() {
    Rig rig = Rig.with(4, ONE);
    rig.offer(1, "");
    rig.nack(rig.last(), new Nack("later", 9_999, false));
    rig.after(9_999);
    assertThat(rig.out).hasSize(2);

    rig.nack(rig.last(), new Nack("later", 10_000, false));
    assertThat(rig.dispatcher.room()).isEqualTo(4096);
    rig.after(10_000);
    assertThat(rig.fetches).containsExactly(1L);
    rig.fetched(1);
    assertThat(rig.last().attempt()).isEqualTo(3);
  }

  @Test
  void counts_sayWhatIsThere() {
    Rig rig = Rig.with(1, ONE);
    assertThat(rig.dispatcher.oldestCreatedAt()).isEqualTo(Long.MAX_VALUE);
    rig.offer(3, "");
    rig.now += 5;
    rig.offer(4, "");

    assertThat(rig.dispatcher.oldestCreatedAt()).isEqualTo(rig.now - 5);
    assertThat(rig.dispatcher.waiting()).isEqualTo(1);
    assertThat(rig.dispatcher.inFlight()).isEqualTo(1);
    assertThat(rig.dispatcher.outstandingCount()).isEqualTo(2);
    assertThat(rig.dispatcher.outstanding()).containsExactly(3, 4);
    assertThat(rig.dispatcher.streams()).isEqualTo(1);
  }

  @Test
  void ready_isWhatWaitsForASlotAlone() {
    Rig rig = Rig.with(1, ONE);
    rig.register(member(ONE, FOO), member(TWO, BAZ));
    rig.offer(1, "");
    rig.offer(2, "");
    rig.offer(3, "lane");
    rig.offer(4, "lane");
    rig.offer(5, "", Match.of(2));
    assertThat(rig.positions()).containsExactly(1L);
    assertThat(rig.dispatcher.ready()).as("4 is behind 3, nobody takes 5").isEqualTo(2);

    rig.open(TWO, 1);
    assertThat(rig.dispatcher.ready()).isEqualTo(2);
    rig.close(ONE, true);
    assertThat(rig.dispatcher.ready()).as("nobody takes them any more").isZero();
    rig.open(ONE, 8);
    assertThat(rig.dispatcher.ready()).isZero();
    assertThat(rig.positions()).contains(1L, 2L, 3L, 5L);
    rig.nack(rig.out.get(rig.out.size() - 1), "later");
    assertThat(rig.dispatcher.ready()).isZero();
  }
}
