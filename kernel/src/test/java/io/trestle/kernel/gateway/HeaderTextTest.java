package io.trestle.kernel.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class HeaderTextTest {
  @Test
  void plainText_isLeftAsItIs() {
    assertThat(StatusText.encode("id in use, really (100)")).isEqualTo("id in use, really (100)");
  }

  @Property(tries = 300)
  void anyText_isAsciiAndDecodesToItself(@ForAll String text) {
    String wellFormed = new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    String encoded = StatusText.encode(wellFormed);
    assertThat(encoded.chars()).allMatch(c -> c >= ' ' && c <= '~');
    String decoded = URLDecoder.decode(encoded.replace("+", "%2B"), StandardCharsets.UTF_8);
    assertThat(decoded).isEqualTo(wellFormed);
  }

  @Test
  void timeouts_ofEveryUnit_areMilliseconds() {
    assertThat(Timeouts.millis(null)).isEqualTo(Timeouts.NONE);
    assertThat(Timeouts.millis("2H")).isEqualTo(7_200_000);
    assertThat(Timeouts.millis("3M")).isEqualTo(180_000);
    assertThat(Timeouts.millis("4S")).isEqualTo(4_000);
    assertThat(Timeouts.millis("99999999m")).isEqualTo(99_999_999);
    assertThat(Timeouts.millis("1500u")).isEqualTo(1);
    assertThat(Timeouts.millis("999999n")).isZero();
  }

  @Test
  void timeouts_malformed_areRefused() {
    for (String text : new String[] {"", "1", "S", "1.5S", "123456789S", "-1S", "1s"}) {
      assertThatThrownBy(() -> Timeouts.millis(text)).as(text).isInstanceOf(GrpcFailure.class);
    }
  }
}
