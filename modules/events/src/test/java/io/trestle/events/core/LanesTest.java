package io.trestle.events.core;

import static io.trestle.events.core.Rig.ONE;
import static io.trestle.events.core.Rig.TWO;
import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.Acceptance;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Order (events.md 7). */
class LanesTest {
  @Test
  void lanes_interleaved_eachKeepsItsOrder() {
    Rig rig = Rig.with(10, ONE);
    for (int i = 1; i <= 8; i++) {
      rig.offer(i, i % 2 == 0 ? "even" : "odd");
    }
    for (int i = 0; i < 8; i++) {
      rig.ack(rig.out.get(i));
    }

    assertThat(rig.positions().stream().filter(p -> p % 2 == 0)).containsExactly(2L, 4L, 6L, 8L);
    assertThat(rig.positions().stream().filter(p -> p % 2 == 1)).containsExactly(1L, 3L, 5L, 7L);
  }

  @Test
  @Acceptance("EV-61")
  void lane_headFailsTwice_laneWaitsAndOthersProceed() {
    Rig rig = Rig.with(10, ONE);
    rig.offer(1, "a");
    rig.offer(2, "a");
    rig.offer(3, "b");
    rig.offer(4, "");

    Handout<String> head = rig.out.get(0);
    rig.nack(head, "boom");
    assertThat(rig.positions()).containsExactlyInAnyOrder(1L, 3L, 4L);
    rig.toNextTick();
    rig.nack(rig.last(), "boom");
    rig.toNextTick();
    assertThat(rig.last().position()).isEqualTo(1);
    assertThat(rig.last().attempt()).isEqualTo(3);
    assertThat(rig.positions()).doesNotContain(2L);

    rig.ack(rig.last());
    assertThat(rig.last().position()).isEqualTo(2);
  }

  @Test
  void lane_headDies_nextGoesWhenTheDeadLetterIsStored() {
    Rig rig = Rig.with(10, ONE);
    rig.offer(1, "a");
    rig.offer(2, "a");

    rig.nack(rig.last(), new Nack("bad", -1, true));
    rig.after(100_000);
    assertThat(rig.out).hasSize(1);

    rig.buried(1);
    assertThat(rig.last().position()).isEqualTo(2);
  }

  @Test
  @Acceptance("EV-63")
  void lane_streamBreaksAndSessionLives_nextStartsAfterTheLease() {
    Rig rig = Rig.with(10, ONE, TWO);
    rig.offer(1, "a");
    rig.offer(2, "a");
    Handout<String> held = rig.last();

    rig.dispatcher.close(held.stream(), false, rig.now);
    rig.after(29_999);
    assertThat(rig.out).hasSize(1);

    rig.after(1);
    assertThat(rig.last().position()).isEqualTo(1);
    assertThat(rig.last().attempt()).isEqualTo(1);
    assertThat(rig.trouble(1L)).isEqualTo(new Trouble(0, 1, 0, "", null));
  }

  @Test
  void lane_sessionEndsAfterItsStream_goesOnAtOnce() {
    Rig rig = Rig.with(10, ONE, TWO);
    rig.offer(1, "a");
    Handout<String> held = rig.last();
    rig.dispatcher.close(held.stream(), false, rig.now);
    assertThat(rig.out).hasSize(1);

    rig.dispatcher.sessionEnded(held.instance(), rig.now);

    assertThat(rig.out).hasSize(2);
    assertThat(rig.last().attempt()).isEqualTo(1);
    assertThat(rig.last().instance()).isNotEqualTo(held.instance());
    rig.ack(rig.last());
    assertThat(rig.dispatcher.nextTick()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void unkeyed_streamBreaksAndSessionLives_goesOnAtOnce() {
    Rig rig = Rig.with(10, ONE, TWO);
    rig.offer(1, "");

    rig.dispatcher.close(rig.last().stream(), false, rig.now);

    assertThat(rig.out).hasSize(2);
  }

  @Test
  void lane_ackOnANewStreamOfTheHolder_counts() {
    Rig rig = Rig.with(10, ONE);
    rig.offer(1, "a");
    Handout<String> held = rig.last();
    rig.close(ONE, false);
    rig.dispatcher.open(50, ONE, 10, rig.now);
    assertThat(rig.out).hasSize(1);

    assertThat(rig.dispatcher.ack(50, 1, 0, false, rig.now)).isFalse();
    assertThat(rig.dispatcher.ack(50, 1, held.token(), true, rig.now)).isTrue();
  }

  @Test
  void lane_replayedWithASmallerPosition_joinsAtTheTail() {
    Rig rig = Rig.with(10, ONE);
    rig.offer(10, "a");
    rig.offer(11, "a");
    rig.offer(5, "a");
    for (int i = 0; i < 3; i++) {
      rig.ack(rig.last());
    }

    assertThat(rig.positions()).isEqualTo(List.of(10L, 11L, 5L));
    assertThat(rig.dispatcher.outstanding()).isEmpty();
  }

  @Test
  void hastenedDelivery_isHandedOut_beforeItsTime() {
    Rig rig = Rig.with(10, ONE);
    Trouble later = new Trouble(0, 0, rig.now + 30_000, "", null);
    rig.offer(1, "a", Match.of(1), "event", later);
    rig.offer(2, "a");
    assertThat(rig.out).isEmpty();

    rig.dispatcher.hasten(1, rig.now);
    rig.fetched(1);
    assertThat(rig.positions()).containsExactly(1L);
    rig.ack(rig.last());
    assertThat(rig.positions()).containsExactly(1L, 2L);
  }
}
