package io.trestle.events;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.Acceptance;
import io.trestle.events.core.Aftermath;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** How long a lane waits for who held it when the runtime died. */
class HoldersTest {
  private static final UUID HOLDER = new UUID(0, 1);
  private static final long HEAD = 10;
  private static final long DIED_AT = 1_000_000;
  private static final long STARTED_AT = DIED_AT + 5_000;

  /** Until when the held position waits. */
  private static long until(long visibilityMillis) {
    String text = Holders.text(Map.of(7L, HOLDER), List.of(HOLDER), DIED_AT);
    Aftermath aftermath = Holders.aftermath(text, HEAD, visibilityMillis, STARTED_AT);
    return aftermath.waits(7, "lane", 0, STARTED_AT);
  }

  @Test
  @Acceptance("EV-86")
  void shortLease_isWaitedFor_andALongOneForAMinuteAfterTheStart() {
    assertThat(until(30_000)).isBetween(DIED_AT + 30_000, DIED_AT + 32_000);
    assertThat(until(600_000)).isEqualTo(STARTED_AT + 60_000);
    assertThat(until(86_400_000)).isEqualTo(STARTED_AT + 60_000);
  }

  @Test
  void leaseThatIsOver_isNotWaitedFor() {
    assertThat(until(1_000)).isZero();
  }

  @Test
  void textThatIsNone_isIgnored() {
    assertThat(Holders.aftermath("{nonsense", HEAD, 1, STARTED_AT).waits(1, "a", 0, STARTED_AT))
        .isZero();
    assertThat(Holders.text(Map.of(), List.of(), DIED_AT)).isEmpty();
  }
}
