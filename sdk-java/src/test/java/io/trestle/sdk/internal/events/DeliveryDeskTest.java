package io.trestle.sdk.internal.events;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DeliveryDeskTest {
  private final DeliveryDesk desk = new DeliveryDesk(3);
  private final List<String> begun = new ArrayList<>();

  @Test
  void deliveriesOfOneKey_waitForEachOther_othersDoNot() {
    enter("a", "a1");
    enter("a", "a2");
    enter("b", "b1");
    assertThat(begun).containsExactly("a1", "b1");
    desk.leave("a");
    assertThat(begun).containsExactly("a1", "b1", "a2");
  }

  @Test
  void deliveriesWithoutKey_runTogether() {
    enter("", "1");
    enter("", "2");
    assertThat(begun).containsExactly("1", "2");
  }

  @Test
  void moreThanThePlaces_areRefused_untilOneIsFree() {
    enter("a", "1");
    enter("a", "2");
    enter("", "3");
    assertThat(enter("", "4")).isEqualTo(DeliveryDesk.Entry.FULL);
    desk.leave("");
    assertThat(enter("", "5")).isEqualTo(DeliveryDesk.Entry.TAKEN);
    assertThat(desk.taken()).isEqualTo(3);
  }

  @Test
  void closing_waitsForWhatIsUnderWay_andTakesNothingNew() {
    enter("a", "1");
    enter("a", "2");
    desk.close(() -> begun.add("idle"));
    assertThat(enter("", "3")).isEqualTo(DeliveryDesk.Entry.CLOSED);
    desk.leave("a");
    desk.leave("a");
    assertThat(begun).containsExactly("1", "2", "idle");
  }

  @Test
  void closing_whenNothingRuns_tellsAtOnce() {
    desk.close(() -> begun.add("idle"));
    assertThat(begun).containsExactly("idle");
  }

  @Test
  void manyThatEndWithinTheirStart_makeNoDeepStack() {
    DeliveryDesk large = new DeliveryDesk(100_000);
    large.enter("a", () -> {});
    for (int i = 0; i < 50_000; i++) {
      large.enter("a", () -> large.leave("a"));
    }
    large.leave("a");
    assertThat(large.taken()).isZero();
  }

  @Test
  void turns_boundWhatRunsAtOnce() {
    Turns turns = new Turns(2);
    for (int i = 0; i < 4; i++) {
      int number = i;
      turns.enter(() -> begun.add("t" + number));
    }
    assertThat(begun).containsExactly("t0", "t1");
    turns.leave();
    assertThat(begun).containsExactly("t0", "t1", "t2");
    turns.leave();
    turns.leave();
    turns.leave();
    assertThat(turns.idle()).isTrue();
  }

  private DeliveryDesk.Entry enter(String key, String name) {
    return desk.enter(key, () -> begun.add(name));
  }
}
