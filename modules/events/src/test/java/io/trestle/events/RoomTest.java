package io.trestle.events;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Who may have how much in memory. */
class RoomTest {
  private static final UUID ONE = new UUID(0, 1);

  private final Room room = new Room(100);

  @Test
  void oneService_takesAQuarter_andLeavesTheRest() {
    assertThat(room.take(ONE, 20)).isTrue();
    assertThat(room.take(ONE, 6)).isFalse();
    assertThat(room.take(ONE, 5)).isTrue();
    assertThat(room.take(new UUID(0, 2), 25)).isTrue();
  }

  @Test
  void all_takeNoMoreThanThereIs() {
    for (int i = 1; i <= 5; i++) {
      assertThat(room.take(new UUID(0, i), 20)).isTrue();
    }
    assertThat(room.take(new UUID(0, 6), 1)).isFalse();

    room.give(ONE, 20);

    assertThat(room.take(new UUID(0, 6), 20)).isTrue();
    assertThat(room.take(ONE, 1)).isFalse();
  }
}
