package io.trestle.events.core;

import static io.trestle.events.core.Rig.FOO;
import static io.trestle.events.core.Rig.ONE;
import static io.trestle.events.core.Rig.member;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** How long deliveries wait for a consumer that is away (events.md 8.1.2), or gone (8.4). */
class PatienceTest {
  private static final Subscription SHORT = new Subscription(7, "short.*", "", null, 10_000);

  private static Rig away() {
    Rig rig = new Rig();
    rig.register(member(ONE, FOO, SHORT));
    rig.register();
    return rig;
  }

  @Test
  void timeToLive_isInsteadOfTheSetting_andTheLongestOfAMatchCounts() {
    Rig rig = away();
    rig.offer(1, "", Match.of(7));
    rig.offer(2, "", Match.of(1, 7));
    rig.offer(3, "", Match.of(1));

    while (rig.dispatcher.nextTick() <= 1_000_000 + 20_000) {
      rig.toNextTick();
    }
    assertThat(rig.burials).extracting(Burial::position).containsExactly(1L);
    assertThat(rig.burials.get(0).reason()).isEqualTo(Burial.Reason.SUBSCRIBER_UNAVAILABLE);
    assertThat(rig.now).isGreaterThanOrEqualTo(1_010_000);
  }

  @Test
  void timeToLive_countsAlsoWhenTheSettingIsForEver() {
    Rig rig = away();
    rig.rules =
        new DispatchRules(30_000, 5, rig.rules.ladderMillis(), rig.rules.orphanGraceMillis(), 0);
    rig.offer(1, "", Match.of(7));
    rig.offer(2, "", Match.of(1));

    while (rig.dispatcher.nextTick() <= 1_000_000 + 700_000_000L) {
      rig.toNextTick();
      rig.burials.forEach(burial -> rig.buried(burial.position()));
      if (rig.now > 1_000_000 + 300_000) {
        break;
      }
    }
    assertThat(rig.burials).extracting(Burial::position).containsExactly(1L);
  }

  @Test
  void dissolved_everythingBecomesDeadLettersOfThatReason_whatIsOutMayBeAnswered() {
    Rig rig = Rig.with(1, ONE);
    rig.offer(1, "");
    rig.offer(2, "");
    Handout<String> out = rig.last();

    rig.dispatcher.dissolve(Burial.Reason.SUBSCRIBER_UNAVAILABLE, "service deleted", rig.now);
    rig.offer(3, "lane");

    assertThat(rig.burials).extracting(Burial::position).containsExactly(2L, 3L);
    assertThat(rig.burials)
        .allMatch(b -> b.reason() == Burial.Reason.SUBSCRIBER_UNAVAILABLE)
        .allMatch(b -> b.error().equals("service deleted"));
    assertThat(rig.ack(out)).isTrue();
    assertThat(rig.finished).containsExactly(1L);
  }
}
