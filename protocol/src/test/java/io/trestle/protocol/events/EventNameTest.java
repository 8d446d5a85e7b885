package io.trestle.protocol.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventNameTest {
  @ParameterizedTest
  @ValueSource(strings = {"a", "stock", "stock.moved", "order-created.v1_alpha", "0.-._"})
  void name_wellFormed_isValid(String name) {
    assertThat(EventName.problem(name)).isNull();
    assertThat(EventPattern.isValid(name)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "Order.Created",
        "order.created!",
        "name with spaces",
        ".leading.dot",
        "trailing.dot.",
        "a..b",
        "a\n",
        "a.b\n",
        "\na",
        "ä",
        "a.*",
        "#",
        "*",
        "a\u0000",
        "a/b"
      })
  void name_malformed_isInvalid(String name) {
    assertThat(EventName.isValid(name)).isFalse();
    assertThat(EventName.problem(name)).isNotBlank();
  }

  @Test
  void name_atLimits_isValidAndOneMoreIsNot() {
    assertThat(EventName.isValid("a".repeat(255))).isTrue();
    assertThat(EventName.isValid("a".repeat(256))).isFalse();
    assertThat(EventName.isValid("a" + ".b".repeat(31))).isTrue();
    assertThat(EventName.isValid("a" + ".b".repeat(32))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"order-*", "a..b", "*a", "A.b", "a.", "", "##", "a.#b", "a.*\n", "**"})
  void pattern_malformed_isRefusedWithItsText(String text) {
    assertThat(EventPattern.isValid(text)).isFalse();
    assertThatThrownBy(() -> EventPattern.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("pattern: \"")
        .hasMessageContaining("expected:");
  }

  @Test
  void problem_oneBadSegment_isNamed() {
    assertThat(EventName.problem("a.B\n.c"))
        .isEqualTo("segment 2: \"B\\u000a\" (expected: a-z, 0-9, _ and -)");
  }
}
