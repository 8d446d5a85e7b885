package io.trestle.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NamesTest {
  @ParameterizedTest
  @ValueSource(strings = {"a", "Orders.Create-2_x", "e2e-rpc-1", "заказ", "a*", "**", "😀"})
  void isName_ordinary_accepted(String name) {
    assertThat(NameRules.isName(name)).isTrue();
    assertThat(NameRules.check("name", name)).isSameAs(name);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "*", "a/b", "a b", " a", "a\t", "a\n", "a\u0000", "a\u007f", "a\u00a0"})
  void isName_forbidden_refused(String name) {
    assertThat(NameRules.isName(name)).isFalse();
    assertThatThrownBy(() -> NameRules.check("method", name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("method: \"");
  }

  @Test
  void isName_length_countsCharacters() {
    assertThat(NameRules.isName("x".repeat(255))).isTrue();
    assertThat(NameRules.isName("😀".repeat(255))).isTrue();
    assertThat(NameRules.isName("x".repeat(256))).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "localhost:14445, localhost, 14445",
    "127.0.0.1:1, 127.0.0.1, 1",
    "orders_1.svc.cluster.local:65535, orders_1.svc.cluster.local, 65535",
    "[::1]:80, ::1, 80",
    "[2001:db8::ffff:1.2.3.4]:80, 2001:db8::ffff:1.2.3.4, 80"
  })
  void hostPort_valid_roundTrips(String text, String host, int port) {
    HostPort endpoint = HostPort.parse(text).orElseThrow();
    assertThat(endpoint).isEqualTo(new HostPort(host, port)).hasToString(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":80",
        "host",
        "host:",
        "host:0",
        "host:65536",
        "host:123456",
        "host:+80",
        "host:８０",
        "host:80 ",
        "ho st:80",
        "http://host:80",
        "host/x:80",
        "-host:80",
        "a..b:80",
        "::1:80",
        "[::1]",
        "[]:80",
        "[host]:80",
        "[1.2.3.4]:80",
        "[:::1]:80",
        "[::1%eth0]:80",
        "[::1:80"
      })
  void hostPort_malformed_empty(String text) {
    assertThat(HostPort.parse(text)).isEmpty();
  }

  @Test
  void hostPort_constructor_checks() {
    assertThatThrownBy(() -> new HostPort("host", 0)).hasMessage("port: 0 (expected: 1 to 65535)");
    assertThatThrownBy(() -> new HostPort("a b", 1)).hasMessageStartingWith("host: a b");
  }
}
