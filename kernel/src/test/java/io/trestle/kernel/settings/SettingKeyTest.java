package io.trestle.kernel.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SettingKeyTest {
  private enum Mode {
    SLOW,
    VERY_FAST
  }

  private static final SettingKey<Integer> COUNT = SettingKey.integer("t.count", 5, -1, 100);
  private static final SettingKey<List<Duration>> LADDER =
      SettingKey.millisList("t.ladder", "1,2", 0, 1000, 1, 3);

  private static void assertRefused(SettingKey<?> key, String text, String message) {
    assertThatThrownBy(() -> key.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Property
  void integer_anyText_isAcceptedExactlyInRange(@ForAll int number) {
    String text = Integer.toString(number);
    if (number >= -1 && number <= 100) {
      assertThat(COUNT.parse(text)).isEqualTo(number);
    } else {
      assertRefused(COUNT, text, "t.count: " + text + " (expected: -1 to 100)");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " 5", "5 ", "+5", "0x5", "5.0", "five", "99999999999999999999", "٥"})
  void integer_anotherSpelling_isRefused(String text) {
    assertRefused(COUNT, text, "t.count: " + text + " (expected: -1 to 100)");
  }

  @Test
  void millis_isADuration() {
    SettingKey<Duration> key = SettingKey.millis("t.ms", 10, 0, 315_360_000_000L);

    assertThat(key.parse("315360000000")).isEqualTo(Duration.ofDays(3650));
    assertRefused(key, "315360000001", "t.ms: 315360000001 (expected: 0 to 315360000000)");
  }

  @Test
  void bool_isStrict() {
    SettingKey<Boolean> key = SettingKey.bool("t.on", false);

    assertThat(key.parse("true")).isTrue();
    assertThat(key.parse("false")).isFalse();
    assertRefused(key, "TRUE", "t.on: TRUE (expected: true or false)");
    assertRefused(key, "1", "t.on: 1 (expected: true or false)");
  }

  @Test
  void choice_isTheLowerCaseName() {
    SettingKey<Mode> key = SettingKey.choice("t.mode", Mode.SLOW);

    assertThat(key.defaultText()).isEqualTo("slow");
    assertThat(key.parse("very_fast")).isEqualTo(Mode.VERY_FAST);
    assertRefused(key, "Slow", "t.mode: Slow (expected: slow or very_fast)");
  }

  @Test
  void url_isHttpOrEmpty() {
    SettingKey<String> key = SettingKey.url("t.url", "");

    assertThat(key.parse("")).isEmpty();
    assertThat(key.parse("https://a.example:8443/x")).isEqualTo("https://a.example:8443/x");
    for (String bad :
        List.of("a.example", "ftp://a", "http:///x", "http://a b", "http://a:99999")) {
      assertRefused(key, bad, "t.url: " + bad + " (expected: an http or https URL, or empty)");
    }
  }

  @Test
  void list_splitsAtCommas() {
    SettingKey<List<String>> key = SettingKey.list("t.list", "a, b", 1);

    assertThat(key.defaultValue()).containsExactly("a", "b");
    assertRefused(key, "", "t.list:  (expected: at least 1 values, separated by commas)");
    assertRefused(key, "a,,b", "t.list: a,,b (expected: at least 1 values, separated by commas)");
    assertThat(SettingKey.list("t.free", "", 0).defaultValue()).isEmpty();
  }

  @Test
  void millisList_boundsHoldForElementsAndTheirNumber() {
    assertThat(LADDER.parse("0,1000")).containsExactly(Duration.ZERO, Duration.ofSeconds(1));
    for (String bad : List.of("", "1001", "1,-1", "1,x", "1,2,3,4")) {
      assertRefused(
          LADDER,
          bad,
          "t.ladder: " + bad + " (expected: 1 to 3 values of 0 to 1000, separated by commas)");
    }
    assertThat(LADDER.min()).isEqualTo("0");
    assertThat(LADDER.max()).isEqualTo("1000");
  }

  @Test
  void texts_haveABoundAndNoControlCharacters() {
    SettingKey<String> key = SettingKey.string("t.text", "");

    assertThat(key.parse("x".repeat(4096))).hasSize(4096);
    assertThatThrownBy(() -> key.parse("x".repeat(4097)))
        .hasMessage(
            "t.text: "
                + "x".repeat(80)
                + "... (expected: at most 4096 characters, no control characters)");
    assertRefused(
        key, "a\0b", "t.text: a?b (expected: at most 4096 characters, no control characters)");
  }

  @Test
  void secret_isNeverShown() {
    SettingKey<String> key = SettingKey.secret("t.secret");

    assertThat(key.secret()).isTrue();
    assertThat(key.masked("hush")).isEqualTo("****");
    assertThat(key.masked("")).isEmpty();
    assertRefused(
        key, "hush\n", "t.secret: **** (expected: at most 4096 characters, no control characters)");
  }

  @Test
  void key_withABadDefault_cannotBeMade() {
    assertThatThrownBy(() -> SettingKey.integer("t.bad", 5, 6, 7))
        .hasMessage("t.bad: 5 (expected: 6 to 7)");
  }
}
