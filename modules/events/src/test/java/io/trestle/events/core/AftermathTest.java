package io.trestle.events.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class AftermathTest {
  private static final UUID ONE = new UUID(0, 1);
  private static final UUID TWO = new UUID(0, 2);
  private static final long UNTIL = 30_000;

  private static Aftermath of(Map<Long, UUID> held) {
    return new Aftermath(100, UNTIL, held, Set.of(ONE, TWO));
  }

  @Test
  void heldDelivery_waitsForItsHolderAlone() {
    Aftermath aftermath = of(Map.of(5L, ONE));
    assertThat(aftermath.waits(5, "a", 0, 0)).isEqualTo(UNTIL);
    assertThat(aftermath.back(TWO)).isEmpty();
    assertThat(aftermath.back(ONE)).containsExactly(5L);
    assertThat(aftermath.back(ONE)).isEmpty();
  }

  @Test
  void heldDelivery_thatIsReadAfterItsHolderIsBack_doesNotWait() {
    Aftermath aftermath = of(Map.of(5L, ONE));
    aftermath.back(ONE);
    assertThat(aftermath.waits(5, "a", 0, 0)).isZero();
  }

  @Test
  void headOfALane_thatNobodyIsKnownToHold_waitsForAll() {
    Aftermath aftermath = of(Map.of());
    assertThat(aftermath.waits(5, "a", 0, 0)).isEqualTo(UNTIL);
    assertThat(aftermath.waits(6, "a", 0, 0)).as("behind the head").isZero();
    assertThat(aftermath.waits(7, "b", 0, 0)).isEqualTo(UNTIL);
    assertThat(aftermath.back(ONE)).isEmpty();
    assertThat(aftermath.back(TWO)).containsExactly(5L, 7L);
    assertThat(aftermath.waits(8, "c", 0, 0)).isZero();
  }

  @Test
  void nextOfALane_whoseHeadIsHeld_isNotAHead() {
    Aftermath aftermath = of(Map.of(5L, ONE));
    aftermath.waits(5, "a", 0, 0);
    assertThat(aftermath.waits(6, "a", 0, 0)).isZero();
  }

  @Test
  void withoutLane_orPublishedLater_orAfterTheLeases_nothingWaits() {
    Aftermath aftermath = of(Map.of(5L, ONE));
    assertThat(aftermath.waits(4, "", 0, 0)).isZero();
    assertThat(aftermath.waits(101, "a", 0, 0)).isZero();
    assertThat(aftermath.waits(5, "a", 0, UNTIL)).isZero();
    assertThat(Aftermath.none().waits(0, "a", 0, 0)).isZero();
  }

  @Test
  void orderlyEnd_leavesOnlyWhatWasHeld() {
    Aftermath aftermath = new Aftermath(100, UNTIL, Map.of(5L, ONE), Set.of());
    assertThat(aftermath.waits(5, "a", 0, 0)).isEqualTo(UNTIL);
    assertThat(aftermath.waits(7, "b", 0, 0)).as("waits for the only one missing").isEqualTo(UNTIL);
    assertThat(aftermath.back(ONE)).containsExactlyInAnyOrder(5L, 7L);
  }

  @Test
  void headInBackOff_waitsForItsTimeAlone_andBlocksItsLane() {
    Aftermath aftermath = of(Map.of(7L, ONE));
    assertThat(aftermath.waits(5, "a", 20, 10)).as("its own time counts").isZero();
    assertThat(aftermath.waits(6, "a", 0, 10)).as("behind the head").isZero();
    assertThat(aftermath.waits(7, "b", 20, 10)).as("failed after it was held").isZero();
    assertThat(aftermath.waits(8, "c", 10, 10)).as("due, so it may be out").isEqualTo(UNTIL);
    assertThat(aftermath.back(ONE)).isEmpty();
    assertThat(aftermath.back(TWO)).containsExactly(8L);
  }
}
