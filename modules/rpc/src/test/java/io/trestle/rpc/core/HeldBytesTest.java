package io.trestle.rpc.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import org.junit.jupiter.api.Test;

class HeldBytesTest {
  private final HeldBytes held = new HeldBytes(100);

  @Test
  void take_beyondTheBound_isRefusedWithoutEffectAndHoldsNothing() {
    held.take(60);

    assertThatThrownBy(() -> held.take(41))
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> {
              assertThat(refused.reason()).isEqualTo(Reason.OVERLOADED);
              assertThat(refused.withoutEffect()).isTrue();
            })
        .hasMessageContaining("hold 60 bytes (expected: at most 100");
    assertThat(held.held()).isEqualTo(60);
    held.take(40);
    assertThat(held.held()).isEqualTo(100);
  }

  @Test
  void reply_isNeverRefused_butKeepsRequestsAway() {
    held.take(10);
    held.add(500);

    assertThatThrownBy(() -> held.take(1)).isInstanceOf(Refused.class);
    held.give(510);
    held.take(100);
  }
}
