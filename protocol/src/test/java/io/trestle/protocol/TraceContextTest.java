package io.trestle.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class TraceContextTest {
  private static final String TRACE = "0198a5c2-7b1e-7abc-8def-0123456789ab";
  private static final String OP = "0198a5c2-7b1e-7abd-9def-ba9876543210";

  @Test
  void parse_valid_splitsByPosition() {
    assertThat(TraceContext.parse(TRACE + "-" + OP)).contains(new TraceContext(TRACE, OP));
  }

  @Test
  void parse_upperCase_writtenLower() {
    String upper = "0198A5C2-7B1E-7ABC-8DEF-0123456789AB-0198A5C2-7b1e-7aBD-9DEF-BA9876543210";
    assertThat(TraceContext.parse(upper).map(TraceContext::format)).contains(TRACE + "-" + OP);
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(
      strings = {
        "",
        "x",
        TRACE,
        TRACE + "_" + OP,
        TRACE + OP,
        TRACE + "-" + OP + "0",
        " " + TRACE + "-" + OP,
        TRACE + "-0198a5c2-7b1e-7abd-9def-ba987654321",
        TRACE + "-0198a5c2-7b1e-7abd-9def-ba987654321g",
        TRACE + "-0198a5c2+7b1e-7abd-9def-ba9876543210",
        "0198a5c27-b1e-7abc-8def-0123456789ab-" + OP,
        TRACE + "-0198a5c2-7b1e-7abd-9def-ba987654321\u0661"
      })
  void parse_malformed_absent(String value) {
    assertThat(TraceContext.parse(value)).isEmpty();
    assertThat(TraceContext.traceIdOf(value)).isEmpty();
  }

  @Test
  void traceIdOf_valid_isTheFirstInLowerCase() {
    assertThat(TraceContext.traceIdOf(TRACE.toUpperCase(Locale.ROOT) + "-" + OP)).contains(TRACE);
  }

  @Test
  void root_ids_areTwoOfVersion7() {
    TraceContext root = TraceContext.root(new UuidV7(() -> 1, new Random(1)));
    assertThat(root.traceId().charAt(14)).isEqualTo('7');
    assertThat(root.parentOpId().charAt(14)).isEqualTo('7');
    assertThat(root.traceId()).isNotEqualTo(root.parentOpId());
    assertThat(TraceContext.parse(root.format())).contains(root);
    assertThat(root.under(OP)).isEqualTo(new TraceContext(root.traceId(), OP));
  }

  @Test
  void constructor_notAUuid_refused() {
    assertThatThrownBy(() -> new TraceContext("x", OP)).hasMessage("traceId: x (expected: a UUID)");
  }
}
