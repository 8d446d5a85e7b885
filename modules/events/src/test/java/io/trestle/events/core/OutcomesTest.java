package io.trestle.events.core;

import static io.trestle.events.core.Rig.FOO;
import static io.trestle.events.core.Rig.ONE;
import static io.trestle.events.core.Rig.TWO;
import static io.trestle.events.core.Rig.member;
import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.Acceptance;
import io.trestle.events.core.Burial.Reason;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What answers, silence and loss mean (events.md 6.5, 6.6). */
class OutcomesTest {
  @Test
  @Acceptance("EV-47")
  void nack_alwaysFailing_climbsTheLadderAndIsDeadAfterFiveAttempts() {
    Rig rig = Rig.with(4, ONE);
    rig.offer(1, "");
    List<Long> waits = new ArrayList<>();

    for (int attempt = 1; attempt < 5; attempt++) {
      assertThat(rig.last().attempt()).isEqualTo(attempt);
      assertThat(rig.nack(rig.last(), "boom " + attempt)).isTrue();
      waits.add(rig.trouble(1L).dueAt() - rig.now);
      rig.toNextTick();
      if (!rig.fetches.isEmpty()) {
        rig.fetched(rig.fetches.remove(0));
      }
    }
    rig.nack(rig.last(), "boom 5");

    assertThat(waits.get(0)).isBetween(750L, 1_250L);
    assertThat(waits.get(1)).isBetween(3_750L, 6_250L);
    assertThat(waits.get(2)).isBetween(22_500L, 37_500L);
    assertThat(waits.get(3)).isBetween(90_000L, 150_000L);
    assertThat(rig.burials)
        .containsExactly(new Burial<>(1, "e1", Reason.MAX_ATTEMPTS, "boom 5", 5));
    assertThat(rig.out).hasSize(5);
    assertThat(rig.dispatcher.isOutstanding(1)).isTrue();
    rig.buried(1);
    assertThat(rig.dispatcher.isOutstanding(1)).isFalse();
  }

  @Test
  void ladder_manyFailures_jitterUsesTheWholeRange() {
    Rig rig = Rig.with(1000, ONE);
    for (int i = 1; i <= 500; i++) {
      rig.offer(i, "");
    }
    List.copyOf(rig.out).forEach(h -> rig.nack(h, "boom"));

    List<Long> waits = rig.stored.values().stream().map(t -> t.dueAt() - rig.now).toList();
    assertThat(waits).allMatch(w -> w >= 750 && w <= 1_250);
    assertThat(waits).anyMatch(w -> w < 800).anyMatch(w -> w > 1_200);
  }

  @Test
  void settings_changed_countAtTheNextTransition() {
    Rig rig = Rig.with(4, ONE);
    rig.offer(1, "");
    rig.rules = new DispatchRules(7_000, 2, List.of(10L), 0, 0);

    rig.nack(rig.last(), "boom");
    rig.toNextTick();
    assertThat(rig.dispatcher.nextTick()).isEqualTo(rig.now + 7_000);
    rig.nack(rig.last(), "boom");

    assertThat(rig.burials).hasSize(1);
  }

  @Test
  void lease_expires_countsAsAnAttemptAndGoesElsewhere() {
    Rig rig = Rig.with(4, ONE, TWO);
    rig.offer(1, "");
    Handout<String> first = rig.last();

    rig.after(29_999);
    assertThat(rig.stored).isEmpty();
    rig.after(1);

    Trouble trouble = rig.trouble(1L);
    assertThat(trouble.attempts()).isEqualTo(1);
    assertThat(trouble.error()).isEqualTo("visibility timeout");
    assertThat(trouble.avoid()).isEqualTo(first.instance());
    rig.toNextTick();
    assertThat(rig.last().attempt()).isEqualTo(2);
    assertThat(rig.last().instance()).isNotEqualTo(first.instance());
  }

  @Test
  @Acceptance("EV-52")
  void ack_oldTokenForeignOrRepeated_changesNothing() {
    Rig rig = Rig.with(1, ONE, TWO);
    rig.offer(1, "");
    Handout<String> old = rig.last();
    rig.after(30_000);
    rig.toNextTick();
    Handout<String> current = rig.last();
    assertThat(current.token()).isNotEqualTo(old.token());

    assertThat(rig.ack(old)).isFalse();
    assertThat(rig.dispatcher.ack(old.stream(), 1, current.token(), true, rig.now)).isFalse();
    assertThat(rig.dispatcher.ack(current.stream(), 99, current.token(), true, rig.now)).isFalse();
    assertThat(rig.dispatcher.ack(current.stream(), 1, 12345, true, rig.now)).isFalse();
    assertThat(rig.dispatcher.isOutstanding(1)).isTrue();
    assertThat(rig.dispatcher.inFlight()).isEqualTo(1);

    assertThat(rig.ack(current)).isTrue();
    assertThat(rig.ack(current)).isFalse();
    assertThat(rig.finished).containsExactly(1L);
    assertThat(rig.dispatcher.streams()).isEqualTo(2);
  }

  @Test
  @Acceptance("EV-53")
  void ack_withoutToken_countsOnTheVeryStream() {
    Rig rig = Rig.with(4, ONE, TWO);
    rig.offer(1, "");
    long other = rig.last().stream() == 1 ? 2 : 1;

    assertThat(rig.dispatcher.ack(other, 1, 0, false, rig.now)).isFalse();
    assertThat(rig.dispatcher.ack(rig.last().stream(), 1, 0, false, rig.now)).isTrue();
  }

  @Test
  void ack_lateButNotHandedOutAgain_counts() {
    Rig rig = Rig.with(4, ONE);
    rig.offer(1, "");
    rig.after(30_000);

    assertThat(rig.ack(rig.last())).isTrue();

    assertThat(rig.finished).containsExactly(1L);
    assertThat(rig.dispatcher.nextTick()).isEqualTo(Long.MAX_VALUE);
    rig.after(60_000);
    assertThat(rig.out).hasSize(1);
  }

  @Test
  @Acceptance("EV-89")
  void ack_lateForADeadLetter_deadLetterStands() {
    Rig rig = Rig.with(4, ONE);
    rig.rules = new DispatchRules(30_000, 1, List.of(1_000L), 0, 0);
    rig.offer(1, "");
    rig.after(30_000);
    assertThat(rig.burials).hasSize(1);

    assertThat(rig.ack(rig.last())).isFalse();
    rig.buried(1);
    assertThat(rig.ack(rig.last())).isFalse();
    assertThat(rig.finished).isEmpty();
  }

  @Test
  void nack_late_freesTheSlotAndNothingElse() {
    Rig rig = Rig.with(1, ONE);
    rig.offer(1, "");
    rig.offer(2, "");
    rig.after(30_000);
    Trouble before = rig.trouble(1L);

    assertThat(rig.nack(rig.out.get(0), "late")).isFalse();

    assertThat(rig.stored).containsEntry(1L, before);
    assertThat(rig.positions()).containsExactly(1L, 2L);
  }

  @Test
  @Acceptance("EV-57")
  void nack_noHandler_nextAttemptGoesToAnotherInstance() {
    for (String lane : List.of("", "lane")) {
      Rig rig = Rig.with(4, ONE, TWO);
      for (int i = 0; i < 20; i++) {
        rig.offer(i, lane);
        Handout<String> first = rig.last();
        rig.nack(first, "no handler for matched patterns [foo.x]");
        rig.toNextTick();
        assertThat(rig.last().instance()).isNotEqualTo(first.instance());
        assertThat(rig.last().attempt()).isEqualTo(2);
        rig.ack(rig.last());
      }
    }
  }

  @Test
  void nack_noHandlerAndNobodyElse_sameInstanceAgain() {
    for (String lane : List.of("", "lane")) {
      Rig rig = Rig.with(4, ONE);
      rig.offer(1, lane);
      rig.nack(rig.last(), "no handler");
      rig.toNextTick();
      assertThat(rig.last().attempt()).isEqualTo(2);
    }
  }

  @Test
  void nack_overload_spendsNoAttemptAndComesAgainInASecond() {
    for (String text : List.of("local_overload", "local delivery concurrency exhausted")) {
      Rig rig = Rig.with(4, ONE);
      rig.offer(1, "");
      assertThat(rig.nack(rig.last(), text)).isTrue();

      assertThat(rig.trouble(1L)).isEqualTo(new Trouble(0, 1, rig.now + 1_000, "", null));
      rig.after(999);
      assertThat(rig.out).hasSize(1);
      rig.after(1);
      assertThat(rig.last().attempt()).isEqualTo(1);
    }
  }

  @Test
  void nack_retryAfter_replacesTheLadderWithoutJitter() {
    Rig rig = Rig.with(4, ONE);
    rig.offer(1, "");
    rig.nack(rig.last(), new Nack("later", 3_000, false));
    assertThat(rig.trouble(1L)).isEqualTo(new Trouble(1, 0, rig.now + 3_000, "later", null));

    rig.offer(2, "");
    rig.nack(rig.last(), new Nack("much later", Long.MAX_VALUE, false));
    assertThat(rig.trouble(2L).dueAt()).isEqualTo(rig.now + 86_400_000);
  }

  @Test
  @Acceptance("EV-81")
  void nack_reject_isADeadLetterAtOnce() {
    Rig rig = Rig.with(4, ONE);
    rig.offer(1, "");

    rig.nack(rig.last(), new Nack("bad", -1, true));

    assertThat(rig.burials).containsExactly(new Burial<>(1, "e1", Reason.REJECTED, "bad", 1));
  }

  @Test
  void nack_longText_isCutAtFourKibibytesBetweenCharacters() {
    Rig rig = Rig.with(4, ONE);
    rig.offer(1, "");
    rig.nack(rig.last(), "x" + "é".repeat(4_000));

    String error = rig.trouble(1L).error();
    assertThat(error.getBytes(StandardCharsets.UTF_8)).hasSize(4_095);
    assertThat(error).endsWith("é");
  }

  @Test
  @Acceptance("EV-55")
  void stream_closedByADrainingInstance_unansweredRunElsewhereWithTheSameAttempt() {
    Rig rig = Rig.with(4, ONE);
    rig.offer(1, "");
    rig.offer(2, "lane");
    rig.register(new Member(ONE, true, true, List.of(FOO)), member(TWO, FOO));
    rig.open(TWO, 4);

    rig.close(ONE, true);

    assertThat(rig.out).hasSize(4);
    assertThat(rig.out.subList(2, 4))
        .allSatisfy(h -> assertThat(h.instance()).isEqualTo(TWO))
        .allSatisfy(h -> assertThat(h.attempt()).isEqualTo(1));
    assertThat(rig.trouble(1L)).isEqualTo(new Trouble(0, 1, 0, "", null));
  }

  @Test
  @Acceptance("EV-56")
  void payload_killsItsProcessTenTimes_isADeadLetter() {
    Rig rig = Rig.with(4, ONE);
    rig.offer(1, "");

    for (int loss = 1; loss <= 10; loss++) {
      assertThat(rig.burials).isEmpty();
      rig.close(ONE, true);
      rig.open(ONE, 4);
    }

    assertThat(rig.out).hasSize(10);
    assertThat(rig.burials)
        .containsExactly(new Burial<>(1, "e1", Reason.MAX_ATTEMPTS, "consumer lost", 0));
  }

  @Test
  void delivery_restoredWithTrouble_goesOnWhereItWas() {
    Rig rig = Rig.with(4, ONE, TWO);
    rig.offer(1, "", Match.of(1), "e1", new Trouble(2, 3, rig.now + 500, "boom", ONE));
    assertThat(rig.out).isEmpty();

    rig.after(500);

    assertThat(rig.last().attempt()).isEqualTo(3);
    assertThat(rig.last().instance()).isEqualTo(TWO);
  }

  @Test
  void delivery_offeredTwice_isTakenOnce() {
    Rig rig = Rig.with(4, ONE);
    rig.offer(1, "");
    rig.offer(1, "");

    assertThat(rig.out).hasSize(1);
    assertThat(rig.dispatcher.outstandingCount()).isEqualTo(1);
  }
}
