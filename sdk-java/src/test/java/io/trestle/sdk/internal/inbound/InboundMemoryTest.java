package io.trestle.sdk.internal.inbound;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class InboundMemoryTest {
  @Test
  void bytesBeyondTheBound_areToldSo_untilSomeAreGivenBack() {
    InboundMemory memory = new InboundMemory(10);
    assertThat(memory.take(10)).isTrue();
    assertThat(memory.take(1)).isFalse();
    memory.giveBack(2);
    assertThat(memory.take(1)).isTrue();
    assertThat(memory.held()).isEqualTo(10);
  }
}
