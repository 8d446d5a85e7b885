package io.trestle.events.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.events.core.Positions.Range;
import org.junit.jupiter.api.Test;

class AheadTest {
  private static final long HEAD = 100;

  @Test
  void tooMany_amongEventsOfOthers_areOneRange() {
    Ahead ahead = new Ahead(new Positions(10), HEAD);
    ahead.open(103);
    for (long position = 105; position < 1_000_000; position += 7) {
      ahead.skip(position);
    }

    assertThat(ahead.ranges()).hasSize(1);
    assertThat(ahead.contains(103)).isFalse();
    assertThat(ahead.contains(104)).isTrue();
  }

  @Test
  void whatIsOpen_isLeftOut() {
    Ahead ahead = new Ahead(new Positions(10), HEAD);
    ahead.skip(102);
    ahead.open(104);
    ahead.skip(106);
    ahead.skip(107);
    ahead.open(109);

    assertThat(ahead.ranges()).containsExactly(new Range(101, 103), new Range(105, 108));
  }

  @Test
  void whatWasThereBeforeTheStart_isFinishedOnlyOneByOne() {
    Ahead ahead = new Ahead(Positions.parse(10, "{[20,30)}"), HEAD);
    ahead.skip(101);

    assertThat(ahead.finish(25)).isFalse();
    assertThat(ahead.finish(15)).isTrue();
    assertThat(ahead.ranges())
        .containsExactly(new Range(15, 16), new Range(20, 30), new Range(101, 102));
  }

  @Test
  void none_hasReadAll() {
    Ahead ahead = Ahead.none(HEAD);
    ahead.skip(103);

    assertThat(ahead.contains(HEAD)).isTrue();
    assertThat(ahead.ranges()).isEmpty();
    assertThat(ahead.contains(103)).isTrue();
  }
}
