package io.trestle.events.core;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.Acceptance;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What makes two events the same (events.md 2.4.4 and 2.4.5). */
class ContentTest {
  private static Content of(String payload, String json) {
    return Content.of("n", "k", "h", payload.getBytes(UTF_8), json.getBytes(UTF_8));
  }

  /** Payloads that differ, so that only the views can make them the same. */
  private static boolean sameViews(String one, String other) {
    boolean same = of("one", one).same(of("other", other));
    assertThat(of("other", other).same(of("one", one))).isEqualTo(same);
    return same;
  }

  @ParameterizedTest
  @Acceptance("EV-16")
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"a\":1,\"b\":2}         | {\"b\":2,\"a\":1}",
        "{\"a\":{\"x\":1,\"y\":2}} | {\"a\":{\"y\":2,\"x\":1}}",
        "{\"a\":[1,2]}             | { \"a\" : [ 1, 2 ] }",
        "{\"a\":1}                 | {\"a\":1.0}",
        "{\"a\":1}                 | {\"a\":1e0}",
        "{\"a\":100}               | {\"a\":1E+2}",
        "{\"a\":-0.5}              | {\"a\":-5e-1}",
        "{\"a\":1,\"a\":2}         | {\"a\":2}",
        "{\"a\":\"\\u0041\"}       | {\"a\":\"A\"}",
        "null                      | null",
      })
  void equalViews_areTheSame_whateverTheBytes(String one, String other) {
    assertThat(sameViews(one, other)).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"a\":1}         | {\"a\":2}",
        "{\"a\":1}         | {\"a\":\"1\"}",
        "{\"a\":1}         | {\"b\":1}",
        "{\"a\":[1,2]}     | {\"a\":[2,1]}",
        "{\"a\":1,\"a\":2} | {\"a\":1}",
        "{\"a\":null}      | {}",
        "9007199254740993  | 9007199254740992",
        "{nonsense         | {nonsense",
      })
  void otherViews_areNotTheSame(String one, String other) {
    assertThat(sameViews(one, other)).isFalse();
  }

  @Test
  void equalBytes_areTheSame_whateverTheViews() {
    assertThat(of("p", "").same(of("p", ""))).isTrue();
    assertThat(of("p", "{\"a\":1}").same(of("p", ""))).isTrue();
    assertThat(of("p", "{\"a\":1}").same(of("p", "{\"a\":2}"))).isTrue();
  }

  @Test
  void otherBytes_withoutAViewOnBothSides_areNotTheSame() {
    assertThat(of("p", "").same(of("q", ""))).isFalse();
    assertThat(of("p", "{\"a\":1}").same(of("q", ""))).isFalse();
  }

  @Test
  void nameKeyAndHash_belongToIt_eachByItself() {
    byte[] payload = "{}".getBytes(UTF_8);
    Content content = Content.of("ab", "c", "d", payload, payload);
    assertThat(content.same(Content.of("ab", "c", "d", payload, payload))).isTrue();
    assertThat(content.same(Content.of("x", "c", "d", payload, payload))).isFalse();
    assertThat(content.same(Content.of("ab", "x", "d", payload, payload))).isFalse();
    assertThat(content.same(Content.of("ab", "c", "x", payload, payload))).isFalse();
    assertThat(content.same(Content.of("a", "bc", "d", payload, payload))).isFalse();
    assertThat(content.same(Content.of("ab", "cd", "", payload, payload))).isFalse();
  }
}
