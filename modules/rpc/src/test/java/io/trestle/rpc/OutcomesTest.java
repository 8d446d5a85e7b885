package io.trestle.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.conversations.Callables.Outcome;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class OutcomesTest {
  private final Outcomes outcomes = new Outcomes();

  @Test
  void take_manyCalls_areSummedPerInstanceAndTakenOnce() {
    UUID a = UUID.randomUUID();
    UUID b = UUID.randomUUID();
    outcomes.add(a, false);
    outcomes.add(a, true);
    outcomes.add(a, true);
    outcomes.add(b, false);

    assertThat(outcomes.take())
        .containsExactlyInAnyOrder(new Outcome(a, 1, 2), new Outcome(b, 1, 0));
    assertThat(outcomes.take()).isEmpty();
  }
}
