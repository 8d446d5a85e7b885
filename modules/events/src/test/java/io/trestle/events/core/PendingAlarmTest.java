package io.trestle.events.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.events.core.PendingAlarm.Change;
import org.junit.jupiter.api.Test;

class PendingAlarmTest {
  @Test
  void alarm_isRaisedOnceFrom80Percent_andAgainOnlyAfterItWasCleared() {
    PendingAlarm alarm = new PendingAlarm();
    assertThat(alarm.update(79, 100)).isEqualTo(Change.NONE);
    assertThat(alarm.update(80, 100)).isEqualTo(Change.RAISED);
    assertThat(alarm.update(100, 100)).isEqualTo(Change.NONE);
    assertThat(alarm.update(60, 100)).isEqualTo(Change.NONE);
    assertThat(alarm.update(85, 100)).isEqualTo(Change.NONE);
    assertThat(alarm.update(59, 100)).isEqualTo(Change.CLEARED);
    assertThat(alarm.update(0, 100)).isEqualTo(Change.NONE);
    assertThat(alarm.update(81, 100)).isEqualTo(Change.RAISED);
  }

  @Test
  void withoutLimit_nothingIsRaised_andWhatWasRaisedIsCleared() {
    PendingAlarm alarm = new PendingAlarm();
    assertThat(alarm.update(1_000_000, 0)).isEqualTo(Change.NONE);
    assertThat(alarm.update(1_000_000, 1_000)).isEqualTo(Change.RAISED);
    assertThat(alarm.update(1_000_000, 0)).isEqualTo(Change.CLEARED);
  }
}
