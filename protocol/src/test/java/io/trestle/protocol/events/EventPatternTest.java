package io.trestle.protocol.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.trestle.Acceptance;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EventPatternTest {
  @ParameterizedTest
  @Acceptance("EV-3")
  @CsvSource(
      delimiter = '|',
      value = {
        "stock.moved | stock.moved | stock, stock.moved.in, stock.Moved",
        "stock.* | stock.moved, stock.a-1_b | stock, stock.a.b, stocks.a",
        "* | stock | stock.moved",
        "*.* | a.b | a, a.b.c",
        "# | a, a.b.c |",
        "stock.# | stock, stock.a, stock.a.b.c | stockx, x.stock",
        "#.done | done, a.done, a.b.done | a.done.x, a.undone",
        "a.*.c | a.b.c | a.c, a.b.b.c",
        "a.#.c | a.c, a.b.c, a.b.b.c | a, a.b, c",
        "*.#.* | a.b, a.b.c | a",
        "a.#.b.#.c | a.b.c, a.x.b.y.z.c | a.c.b, a.b",
        "#.# | a, a.b |",
      })
  void match_vectorOfSpecification_agrees(String pattern, String yes, String no) {
    for (String name : yes.split(", ", -1)) {
      assertMatch(pattern, name, true);
    }
    for (String name : no == null ? new String[0] : no.split(", ", -1)) {
      assertMatch(pattern, name, false);
    }
  }

  private static void assertMatch(String pattern, String name, boolean expected) {
    PatternTrie<String> trie = new PatternTrie<>();
    trie.add(EventPattern.parse(pattern), "subscriber");
    assertThat(EventPattern.parse(pattern).matches(name)).as(name).isEqualTo(expected);
    assertThat(trie.match(name)).as(name).hasSize(expected ? 1 : 0);
  }

  @Test
  void match_textThatIsNoName_matchesNothing() {
    for (String name : new String[] {"", "*", "a.#", "A", "a\n", "a."}) {
      assertMatch("#", name, false);
    }
  }

  /** A matcher that is exponential in the number of wildcards needs years for one of these. */
  @Test
  @Acceptance("EV-4")
  void match_twelveWildcardsAndLongName_isNotExponential() {
    String pattern = "#" + ".a.#".repeat(11) + ".b";
    String name = "a" + ".a".repeat(31);
    assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () -> {
          for (int i = 0; i < 1000; i++) {
            assertMatch(pattern, name, false);
            assertMatch("#" + ".#".repeat(11), name, true);
          }
        });
  }

  @ParameterizedTest
  @CsvSource({
    "orders.#, orders.*",
    "orders.#, orders.created",
    "orders.#, orders.payment.received",
    "orders.#, orders.#",
    "orders.*, orders.created",
    "orders.*, orders.*",
    "#, #",
    "#, *.a.#",
    "#.#, #",
    "#.c, a.b.c",
    "a.#.c, a.*.*.c",
    "*.#, a.#"
  })
  void contains_coveredPattern_isTrue(String wide, String narrow) {
    assertThat(EventPattern.parse(wide).contains(EventPattern.parse(narrow))).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "orders.*, orders.#",
    "orders.*, orders.a.b",
    "orders.*, payments.created",
    "orders.created, orders.*",
    "a.*.#, a.#.*",
    "*, #",
    "a, a.b",
    "a.b, a"
  })
  void contains_notCoveredPattern_isFalse(String wide, String narrow) {
    assertThat(EventPattern.parse(wide).contains(EventPattern.parse(narrow))).isFalse();
  }

  @Test
  void contains_manyWildcards_isNotExponential() {
    EventPattern wide = EventPattern.parse("#" + ".#.a".repeat(15));
    EventPattern narrow = EventPattern.parse("a" + ".a".repeat(30) + ".b");
    assertTimeoutPreemptively(
        Duration.ofSeconds(20), () -> assertThat(wide.contains(narrow)).isFalse());
  }

  @Test
  void pattern_sameText_isEqual() {
    assertThat(EventPattern.parse("a.#"))
        .isEqualTo(EventPattern.parse("a.#"))
        .hasSameHashCodeAs(EventPattern.parse("a.#"))
        .isNotEqualTo(EventPattern.parse("a.*"))
        .hasToString("a.#");
  }
}
