package io.trestle.protocol.events;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class EventFilterPropertyTest {
  /** Pieces of both forms, so that random texts come close to valid ones. */
  private static final List<String> PIECES =
      List.of(
          "{",
          "}",
          "[",
          "]",
          ":",
          ",",
          "\"",
          "\"$.a\"",
          "\"$.a[*].b\"",
          "\"$['x']\"",
          "\"$\"",
          "\"$gt\"",
          "\"$in\"",
          "\"$ne\"",
          "\"$exists\"",
          "\"$prefix\"",
          "1",
          "1e999999999",
          "-2.50",
          "true",
          "null",
          "\"x\"",
          "a",
          ".",
          "=",
          "!=",
          ">",
          ">=",
          "~",
          " ",
          "\n",
          "\\",
          "'",
          "ä");

  @Property(tries = 3000)
  void parseAndTest_anyTextAndPayload_throwNothingButFilterException(
      @ForAll("text") String text, @ForAll("text") String json, @ForAll("payload") String payload) {
    Optional<EventFilter> filter = parse(text);
    for (String candidate : List.of(json, payload)) {
      JsonView.parse(candidate.getBytes(UTF_8))
          .ifPresent(view -> filter.ifPresent(parsed -> parsed.test(view)));
    }
  }

  @Property(tries = 2000)
  void test_wellFormedFilters_neverThrow(
      @ForAll("jsonFilter") String json,
      @ForAll("textFilter") String text,
      @ForAll("payload") String payload) {
    JsonView view = JsonView.parse(payload.getBytes(UTF_8)).orElseThrow();
    EventFilter.parse(json).test(view);
    EventFilter.parse(text).test(view);
  }

  @Property(tries = 1000)
  void test_valueAndItsNegation_areNeverBothTrue(
      @ForAll("scalar") String literal, @ForAll("payload") String payload) {
    JsonView view = JsonView.parse(payload.getBytes(UTF_8)).orElseThrow();
    boolean equal = EventFilter.parse("{\"$.a.b\":" + literal + "}").test(view);
    boolean in = EventFilter.parse("{\"$.a.b\":{\"$in\":[" + literal + "]}}").test(view);
    boolean notEqual = EventFilter.parse("{\"$.a.b\":{\"$ne\":" + literal + "}}").test(view);
    assertThat(in).isEqualTo(equal);
    assertThat(notEqual).isEqualTo(!equal);
  }

  private static Optional<EventFilter> parse(String text) {
    try {
      return Optional.of(EventFilter.parse(text));
    } catch (FilterException e) {
      assertThat(e).hasMessageStartingWith("filter: ");
      return Optional.empty();
    }
  }

  @Provide
  Arbitrary<String> text() {
    Arbitrary<String> pieces =
        Arbitraries.of(PIECES).list().ofMaxSize(12).map(p -> String.join("", p));
    return Arbitraries.oneOf(
        pieces, Arbitraries.strings().ofMaxLength(40), jsonFilter(), payload());
  }

  @Provide
  Arbitrary<String> scalar() {
    return Arbitraries.of(
        "1",
        "1.0",
        "-1e400",
        "9223372036854775807",
        "9223372036854775808",
        "\"1\"",
        "\"\"",
        "\"x\"",
        "true",
        "false",
        "null",
        "1e-999999999",
        "\"9223372036854775808\"");
  }

  /** Objects and lists of scalars, three levels deep, with the keys that the filters ask for. */
  @Provide
  Arbitrary<String> payload() {
    Arbitrary<String> value = scalar();
    for (int level = 0; level < 3; level++) {
      value = Arbitraries.oneOf(value, object(value), list(value));
    }
    return value;
  }

  private static Arbitrary<String> object(Arbitrary<String> value) {
    return Combinators.combine(value, value).as((a, b) -> "{\"a\":" + a + ",\"b\":" + b + "}");
  }

  private static Arbitrary<String> list(Arbitrary<String> value) {
    return value.list().ofMaxSize(3).map(elements -> "[" + String.join(",", elements) + "]");
  }

  @Provide
  Arbitrary<String> jsonFilter() {
    Arbitrary<String> path =
        Arbitraries.of(".a", ".b", "[0]", "[*]", "['a']")
            .list()
            .ofMaxSize(5)
            .map(s -> "$" + String.join("", s));
    Arbitrary<String> test =
        Arbitraries.oneOf(
            scalar(),
            list(scalar()),
            scalar().map(s -> "{\"$ne\":" + s + "}"),
            list(scalar()).map(s -> "{\"$in\":" + s + ",\"$gt\":-5}"),
            Arbitraries.of("{\"$exists\":true}", "{\"$lt\":1e999999999}", "{\"$prefix\":\"x\"}"));
    return Combinators.combine(path, test).as((p, t) -> "{\"" + p + "\":" + t + "}");
  }

  @Provide
  Arbitrary<String> textFilter() {
    return Combinators.combine(
            Arbitraries.of("a", "b", "a.b", "a.b.a"),
            Arbitraries.of("=", "!=", ">", ">=", "<", "<="),
            Arbitraries.of("1", "1e999999999", "x", "true", "", "\"a,b\"", "-0.5"))
        .as((field, operator, value) -> field + operator + value);
  }
}
