package io.trestle.kernel.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TimeoutsTest {
  @Test
  void timeouts_ofEveryUnit_areMilliseconds() {
    assertThat(Timeouts.millis(null)).isEqualTo(Timeouts.NONE);
    assertThat(Timeouts.millis("2H")).isEqualTo(7_200_000);
    assertThat(Timeouts.millis("3M")).isEqualTo(180_000);
    assertThat(Timeouts.millis("4S")).isEqualTo(4_000);
    assertThat(Timeouts.millis("99999999m")).isEqualTo(99_999_999);
    assertThat(Timeouts.millis("1500u")).isEqualTo(1);
    assertThat(Timeouts.millis("999999n")).isZero();
  }

  @Test
  void timeouts_malformed_areRefused() {
    for (String text : new String[] {"", "1", "S", "1.5S", "123456789S", "-1S", "1s"}) {
      assertThatThrownBy(() -> Timeouts.millis(text)).as(text).isInstanceOf(GrpcFailure.class);
    }
  }
}
