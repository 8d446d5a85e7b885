package io.trestle.kernel.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trestle.Acceptance;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecordMapperTest {
  private static final String FILE = "conf/test.yaml";

  private enum Color {
    RED,
    DARK_BLUE
  }

  private record Inner(@Default("7") @Range(min = 1, max = 9) int size, List<String> names) {}

  private record Everything(
      @Default("hello") String text,
      @Default("true") boolean flag,
      @Default("5") @Range(min = 1, max = 10) int small,
      @Default("5000000000") long large,
      @Default("red") Color color,
      @Nullable String maybe,
      @Secret @Nullable String password,
      Inner inner,
      List<Inner> several,
      Map<String, Integer> limits) {
    Everything {
      if (text.equals("forbidden")) {
        throw new IllegalArgumentException("text: forbidden (expected: another word)");
      }
    }
  }

  private record Required(String name) {}

  @Test
  void map_nothingGiven_takesTheDefaults() {
    Everything mapped = RecordMapper.map("", Everything.class, FILE);

    assertThat(mapped)
        .isEqualTo(
            new Everything(
                "hello",
                true,
                5,
                5_000_000_000L,
                Color.RED,
                null,
                null,
                new Inner(7, List.of()),
                List.of(),
                Map.of()));
  }

  @Test
  void map_everythingGiven_takesAllOfIt() {
    String yaml =
        """
        text: bye
        flag: false
        small: 10
        large: -1
        color: dark_blue
        maybe: there
        password: s3cret
        inner: {size: 1, names: [a, b]}
        several:
          - size: 2
          -
        limits: {x: 3}
        """;

    assertThat(RecordMapper.map(yaml, Everything.class, FILE))
        .isEqualTo(
            new Everything(
                "bye",
                false,
                10,
                -1,
                Color.DARK_BLUE,
                "there",
                "s3cret",
                new Inner(1, List.of("a", "b")),
                List.of(new Inner(2, List.of()), new Inner(7, List.of())),
                Map.of("x", 3)));
  }

  @Acceptance("FL-5")
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "txt: a              | txt: unknown key (expected: text, flag, small, large, color, maybe, password, inner, several, limits; did you mean text?)",
        "text: 5             | text: 5 (expected: a text, in quotes when it looks like a number)",
        "text: [a]           | text: a list (expected: a text, in quotes when it looks like a number)",
        "flag: 'true'        | flag: true (expected: true or false)",
        "flag: yes           | flag: yes (expected: true or false)",
        "small: 11           | small: 11 (expected: 1 to 10)",
        "small: 0            | small: 0 (expected: 1 to 10)",
        "small: 4294967297   | small: 4294967297 (expected: 1 to 10)",
        "small: 1.5          | small: 1.5 (expected: 1 to 10)",
        "small: '5'          | small: 5 (expected: 1 to 10)",
        "large: many         | large: many (expected: a whole number)",
        "color: green        | color: green (expected: red or dark_blue)",
        "color: RED          | color: RED (expected: red or dark_blue)",
        "password: 12345     | password: a value that is not shown (expected: a text, in quotes when it looks like a number)",
        "inner: 5            | inner: a number (expected: a map of keys)",
        "inner: {siez: 5}    | inner.siez: unknown key (expected: size, names; did you mean size?)",
        "inner: {size: 0}    | inner.size: 0 (expected: 1 to 9)",
        "inner: {names: x}   | inner.names: x (expected: a list)",
        "inner: {names: [1]} | inner.names[0]: 1 (expected: a text, in quotes when it looks like a number)",
        "several: [{size: 0}]| several[0].size: 0 (expected: 1 to 9)",
        "limits: {a: b}      | limits.a: b (expected: a whole number)",
        "text: forbidden     | text: forbidden (expected: another word)",
      })
  void map_badValue_namesFileKeyAndAllowedValues(String yaml, String problem) {
    assertThatThrownBy(() -> RecordMapper.map(yaml, Everything.class, FILE))
        .isInstanceOf(ConfigurationException.class)
        .hasMessage(FILE + ": " + problem);
  }

  @Test
  void map_requiredKeyMissing_isRefused() {
    assertThatThrownBy(() -> RecordMapper.map("", Required.class, FILE))
        .hasMessage(
            FILE + ": name: missing (expected: a text, in quotes when it looks like a number)");
  }

  @Acceptance("FL-5")
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'text: a\ntext: b'          | Duplicate field 'text' at line 2",
        "'text: \"p4ssword'          | not valid YAML at line",
        "'- a'                       | a list at the top (expected: a map of keys)",
        "'text: a\n---\ntext: b'     | not valid YAML",
      })
  void map_notOneMap_isRefusedWithoutQuotingTheText(String yaml, String problem) {
    assertThatThrownBy(() -> RecordMapper.map(yaml, Everything.class, FILE))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageStartingWith(FILE + ": " + problem)
        .hasMessageNotContaining("p4ssword");
  }
}
