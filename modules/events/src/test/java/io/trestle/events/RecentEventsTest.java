package io.trestle.events;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.conversations.Events.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The end of the log in memory. */
class RecentEventsTest {
  private static final UUID NOBODY = new UUID(0, 0);

  private static Logged event(long position) {
    Event event = new Event("", "a", new byte[488], "", "", "", Map.of(), 0, "", new byte[0]);
    return new Logged(position, NOBODY, NOBODY, NOBODY, event, new int[0], 0);
  }

  private static List<Long> after(RecentEvents recent, long position) {
    List<Long> taken = new ArrayList<>();
    assertThat(recent.after(position, e -> taken.add(e.position()))).isTrue();
    return taken;
  }

  @Test
  void after_gapsAndEnds_givesWhatComesBehind() {
    RecentEvents recent = new RecentEvents(4, 0, 10_000);
    for (long position : new long[] {5, 8, 9}) {
      recent.add(event(position), 1);
    }
    assertThat(after(recent, 4)).containsExactly(5L, 8L, 9L);
    assertThat(after(recent, 5)).containsExactly(8L, 9L);
    assertThat(after(recent, 7)).containsExactly(8L, 9L);
    assertThat(after(recent, 9)).isEmpty();
    assertThat(recent.after(4, e -> e.position() < 8)).isFalse();
  }

  @Test
  void full_forgetsTheOldest_andSaysSo() {
    RecentEvents recent = new RecentEvents(0, 0, 10_000);
    for (long position = 1; position <= 20; position++) {
      recent.add(event(position), 1);
    }
    assertThat(recent.bytes()).isEqualTo(10_000);
    assertThat(recent.covers(9)).isFalse();
    assertThat(recent.covers(10)).isTrue();
    assertThat(after(recent, 10)).hasSize(10);
  }

  @Test
  void forget_whatAllHaveRead_keepsTheLastOfIt_andAllThatIsUnread() {
    RecentEvents recent = new RecentEvents(0, 4_000, 10_000);
    for (long position = 1; position <= 9; position++) {
      recent.add(event(position), 1);
    }
    recent.forget(3);
    assertThat(after(recent, 3)).hasSize(6);
    assertThat(recent.covers(3)).isTrue();
    assertThat(recent.covers(2)).isFalse();

    recent.forget(9);
    assertThat(recent.bytes()).isEqualTo(4_000);
    assertThat(after(recent, 5)).containsExactly(6L, 7L, 8L, 9L);
    assertThat(recent.covers(5)).isTrue();
  }

  /** Walking would be 40 thousand million steps, some minutes; looking it up takes no time. */
  @Test
  @Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void after_fromTheEnd_doesNotWalkTheBeginning() {
    int many = 200_000;
    RecentEvents recent = new RecentEvents(0, 0, Long.MAX_VALUE);
    Logged one = event(1);
    for (int i = 1; i <= many; i++) {
      recent.add(one.at(i, new int[0]), 1);
    }
    long[] seen = {0};
    for (int i = 0; i < 200_000; i++) {
      recent.after(many - 1, e -> ++seen[0] > 0);
    }
    assertThat(seen[0]).isEqualTo(200_000);
  }
}
