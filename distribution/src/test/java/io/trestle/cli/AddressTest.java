package io.trestle.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressTest {

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1:14444, http://127.0.0.1:14444",
    "http://LOCALHOST:14444/, http://localhost:14444",
    "https://trestle.example, https://trestle.example:443",
    "http://[::1]:1, http://[::1]:1",
  })
  void parse_takesHostAndPort(String text, String expected) {
    assertThat(Address.parse("--addr", text)).hasToString(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ftp://h:1",
        "http://",
        "http://h:99999",
        "http://u:p@h:1",
        "http://h:1/path",
        "http://h:1?q",
        "http://h:1#f",
        "a b",
        ""
      })
  void parse_refusesEverythingElse(String text) {
    assertThatThrownBy(() -> Address.parse("--addr", text))
        .isInstanceOf(CliFailure.class)
        .hasMessageContaining("--addr: ");
  }

  @Test
  void reaches_takesTheNamesOfTheLoopbackForOne() {
    Address local = Address.parse("a", "http://localhost:1");

    assertThat(local.reaches(Address.parse("a", "http://127.0.0.1:1"))).isTrue();
    assertThat(local.reaches(Address.parse("a", "http://[::1]:1"))).isTrue();
    assertThat(local.reaches(Address.parse("a", "http://127.0.0.1:2"))).isFalse();
    assertThat(local.reaches(Address.parse("a", "https://127.0.0.1:1"))).isFalse();
    assertThat(local.reaches(Address.parse("a", "http://127.0.0.1.example:1"))).isFalse();
  }
}
