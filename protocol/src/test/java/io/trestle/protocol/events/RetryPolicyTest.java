package io.trestle.protocol.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RetryPolicyTest {
  @Test
  void parse_everyKey_isTaken() {
    String text =
        """
        {"maxAttempts": 7, "baseDelayMs": 50, "factor": 1.5, "maxDelayMs": 900, "jitter": 0}
        """;

    assertThat(RetryPolicy.parse(text)).isEqualTo(new RetryPolicy(7, 50, 1.5, 900, 0));
  }

  @Test
  void parse_keysLeftOut_areTheDefault() {
    assertThat(RetryPolicy.parse("{}")).isEqualTo(RetryPolicy.DEFAULT);
    assertThat(RetryPolicy.parse("{\"maxAttempts\":100}").maxAttempts()).isEqualTo(100);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"maxAttempts\":0}",
        "{\"maxAttempts\":101}",
        "{\"maxAttempts\":2.5}",
        "{\"maxAttempts\":null}",
        "{\"baseDelayMs\":-1}",
        "{\"baseDelayMs\":86400001}",
        "{\"factor\":0.5}",
        "{\"factor\":1e999}",
        "{\"maxDelayMs\":\"5\"}",
        "{\"jitter\":1.01}",
        "{\"jitter\":-0.1}",
      })
  void parse_outOfRange_namesTheKeyAndTheRange(String text) {
    assertThatThrownBy(() -> RetryPolicy.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(text.substring(2, text.indexOf('"', 2)))
        .hasMessageContaining("expected: ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "[]", "3", "{} {}", "{\"jitter\":0,\"jitter\":1}", "{\"a\":1}"})
  void parse_notAPolicy_isRefused(String text) {
    assertThatThrownBy(() -> RetryPolicy.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("retry policy: ");
  }

  @Test
  void delayMillis_grows_untilItsBound() {
    RetryPolicy policy = new RetryPolicy(9, 100, 2, 500, 0);

    assertThat(policy.delayMillis(1)).isEqualTo(100);
    assertThat(policy.delayMillis(2)).isEqualTo(200);
    assertThat(policy.delayMillis(3)).isEqualTo(400);
    assertThat(policy.delayMillis(4)).isEqualTo(500);
    assertThat(policy.delayMillis(100)).isEqualTo(500);
    assertThat(new RetryPolicy(100, 1, 100, 9, 0).delayMillis(100)).isEqualTo(9);
  }
}
