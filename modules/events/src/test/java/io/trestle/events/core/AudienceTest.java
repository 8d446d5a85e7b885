package io.trestle.events.core;

import static io.trestle.events.core.Rig.BAZ;
import static io.trestle.events.core.Rig.FOO;
import static io.trestle.events.core.Rig.ONE;
import static io.trestle.events.core.Rig.TWO;
import static io.trestle.events.core.Rig.member;
import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.Acceptance;
import io.trestle.events.core.Burial.Reason;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Consumers that are away, changed or gone (events.md 8). */
class AudienceTest {
  @Test
  @Acceptance("EV-68")
  void registration_withoutThePattern_waitingOnesAreDeadLettersAndNobodyGetsThem() {
    Rig rig = new Rig();
    rig.register(member(ONE, FOO));
    rig.offer(1, "");
    rig.offer(2, "a");
    rig.offer(3, "a");

    rig.register(member(ONE, BAZ));
    rig.open(ONE, 4);

    assertThat(rig.out).isEmpty();
    assertThat(rig.burials)
        .extracting(b -> b.position() + " " + b.reason() + " " + b.error() + " " + b.attempts())
        .containsExactly(
            "1 ORPHANED_PATTERN orphaned_pattern 0",
            "2 ORPHANED_PATTERN orphaned_pattern 0",
            "3 ORPHANED_PATTERN orphaned_pattern 0");
    rig.offer(4, "");
    assertThat(rig.burials).hasSize(4);
  }

  @Test
  void disconnect_takesThePatternAway_graceThenDeadLetters() {
    Rig rig = new Rig();
    rig.register(member(ONE, FOO), member(TWO, BAZ));
    rig.offer(1, "");

    rig.members(false, member(TWO, BAZ));
    rig.open(TWO, 4);
    rig.offer(2, "");
    rig.after(29_999);
    assertThat(rig.burials).isEmpty();
    assertThat(rig.out).isEmpty();
    rig.after(1);

    assertThat(rig.burials)
        .extracting(Burial::reason)
        .containsExactly(Reason.ORPHANED_PATTERN, Reason.ORPHANED_PATTERN);
  }

  @Test
  void pattern_backWithinTheGrace_isHandedOut() {
    Rig rig = new Rig();
    rig.register(member(ONE, FOO), member(TWO, BAZ));
    rig.offer(1, "");
    rig.members(false, member(TWO, BAZ));
    rig.after(10_000);

    rig.register(member(ONE, FOO), member(TWO, BAZ));
    rig.open(ONE, 4);

    assertThat(rig.out).hasSize(1);
    rig.ack(rig.last());
    assertThat(rig.dispatcher.nextTick()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void orphan_inFlight_isFinishedIfTheAckComesFirst() {
    Rig rig = Rig.with(4, ONE);
    rig.offer(1, "");
    rig.offer(2, "");

    rig.register(member(ONE, BAZ));
    assertThat(rig.burials).isEmpty();
    assertThat(rig.ack(rig.out.get(0))).isTrue();
    rig.nack(rig.out.get(1), "boom");

    assertThat(rig.burials)
        .containsExactly(new Burial<>(2, "e2", Reason.ORPHANED_PATTERN, "orphaned_pattern", 1));
  }

  @Test
  void match_partOfItLeft_isReducedToTheRest() {
    Rig rig = new Rig();
    rig.register(member(ONE, FOO, BAZ));
    rig.offer(1, "", Match.of(1, 2));

    rig.register(member(ONE, BAZ));
    rig.open(ONE, 4);

    assertThat(rig.last().patterns()).containsExactly("baz.x");
  }

  @Test
  @Acceptance("EV-69")
  void service_wholeOffline_nothingIsOrphanedOrHandedOut() {
    Rig rig = Rig.with(4, ONE);
    rig.members(false);
    rig.offer(1, "");
    rig.offer(2, "a");

    rig.after(3_600_000);

    assertThat(rig.out).isEmpty();
    assertThat(rig.burials).isEmpty();
    rig.register(member(ONE, FOO));
    assertThat(rig.fetches).containsExactlyInAnyOrder(1L, 2L);
    rig.fetched(1);
    rig.fetched(2);
    assertThat(rig.out).extracting(Handout::attempt).containsExactly(1, 1);
  }

  @Test
  void service_offlineTooLong_waitingOnesAreDeadLetters() {
    Rig rig = Rig.with(4, ONE);
    rig.rules = new DispatchRules(30_000, 5, List.of(1_000L), 30_000, 2_000);
    rig.offer(1, "");
    rig.members(false);
    rig.offer(2, "a");
    rig.offer(3, "a");
    rig.after(1_500);
    rig.offer(4, "");

    rig.after(499);
    assertThat(rig.burials).isEmpty();
    rig.after(501);
    assertThat(rig.burials)
        .extracting(b -> b.position() + " " + b.reason().text())
        .containsExactly("2 subscriber_unavailable", "3 subscriber_unavailable");
    rig.after(1_000);
    assertThat(rig.burials).extracting(Burial::position).containsExactly(2L, 3L, 4L);
    assertThat(rig.dispatcher.inFlight()).isEqualTo(1);
  }

  @Test
  void service_backInTime_nothingIsDead() {
    Rig rig = Rig.with(4, ONE);
    rig.rules = new DispatchRules(30_000, 5, List.of(1_000L), 30_000, 2_000);
    rig.members(false);
    rig.offer(1, "");
    rig.after(1_999);
    rig.register(member(ONE, FOO));
    rig.after(60_000);
    rig.fetched(1);

    assertThat(rig.burials).isEmpty();
    assertThat(rig.out).hasSize(1);
  }

  @Test
  void offlineSince_restored_countsFromThere() {
    Rig rig = new Rig();
    rig.rules = new DispatchRules(30_000, 5, List.of(1_000L), 30_000, 100_000);
    rig.dispatcher.offlineSince(rig.now - 90_000);
    rig.members(false);
    rig.dispatcher.offer(
        new Pending<>(1, "", Match.of(1), rig.now - 95_000, 1, null, Trouble.NONE), rig.now);

    rig.after(9_999);
    assertThat(rig.burials).isEmpty();
    rig.after(1);
    rig.toNextTick();
    assertThat(rig.burials).hasSize(1);
  }

  @Test
  void offline_zero_isNever() {
    Rig rig = Rig.with(4, ONE);
    rig.rules = new DispatchRules(30_000, 5, List.of(1_000L), 30_000, 0);
    rig.members(false);
    rig.offer(1, "");

    assertThat(rig.dispatcher.nextTick()).isEqualTo(Long.MAX_VALUE);
    rig.after(Long.MAX_VALUE / 4);
    assertThat(rig.burials).isEmpty();
  }

  @Test
  void offline_manyDeadLetters_comeInBatches() {
    Rig rig = Rig.with(4, ONE);
    rig.rules = new DispatchRules(30_000, 5, List.of(1_000L), 30_000, 2_000);
    rig.members(false);
    for (int i = 0; i < 2_500; i++) {
      rig.offer(i, "");
    }
    rig.after(2_000);
    assertThat(rig.burials).hasSize(1_000);
    assertThat(rig.dispatcher.nextTick()).isLessThanOrEqualTo(rig.now);
    rig.after(0);
    rig.after(0);
    assertThat(rig.burials).hasSize(2_500);
  }
}
