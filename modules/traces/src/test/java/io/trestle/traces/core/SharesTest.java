package io.trestle.traces.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.traces.core.Shares.Holder;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class SharesTest {
  private final Shares shares = new Shares(80);
  private final UUID service = UUID.randomUUID();
  private final Holder one = new Holder(service, UUID.randomUUID());
  private final Holder two = new Holder(service, UUID.randomUUID());

  private static Holder stranger() {
    return new Holder(UUID.randomUUID(), UUID.randomUUID());
  }

  @Test
  void instance_getsAnEighth_andItsServiceAQuarter() {
    assertThat(shares.take(one, 11)).isFalse();
    assertThat(shares.take(one, 10)).isTrue();
    assertThat(shares.take(one, 1)).isFalse();
    assertThat(shares.take(two, 10)).isTrue();
    assertThat(shares.take(new Holder(service, UUID.randomUUID()), 1)).isFalse();
    assertThat(shares.take(stranger(), 10)).isTrue();

    shares.give(one, 10);

    assertThat(shares.take(one, 10)).isTrue();
    assertThat(shares.held()).isEqualTo(30);
  }

  @Test
  void all_getNoMoreThanThereIs() {
    for (int i = 0; i < 8; i++) {
      assertThat(shares.take(stranger(), 10)).isTrue();
    }
    assertThat(shares.take(stranger(), 1)).isFalse();
  }

  @Test
  void holderWithoutService_isCountedOnce() {
    UUID alone = UUID.randomUUID();
    assertThat(shares.take(new Holder(alone, alone), 10)).isTrue();
    assertThat(shares.take(new Holder(alone, alone), 1)).isFalse();

    shares.give(new Holder(alone, alone), 10);

    assertThat(shares.take(new Holder(alone, alone), 10)).isTrue();
  }
}
