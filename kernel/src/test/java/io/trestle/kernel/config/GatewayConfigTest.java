package io.trestle.kernel.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class GatewayConfigTest {
  @Test
  void defaults_areNoNames() {
    assertThat(RecordMapper.map("", GatewayConfig.class, "f"))
        .isEqualTo(new GatewayConfig(List.of()));
  }

  @Test
  void mapping_isComplete() {
    assertThat(RecordMapper.map("names: [a.example, b]", GatewayConfig.class, "f"))
        .isEqualTo(new GatewayConfig(List.of("a.example", "b")));
  }

  @Test
  void names_thatAreNoDnsName_areRefused() {
    assertThatThrownBy(() -> RecordMapper.map("names: [a, 'b c']", GatewayConfig.class, "f"))
        .hasMessage("f: names[1]: b c (expected: a DNS name)");
  }
}
