package io.trestle.events.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class RecentIdsTest {
  private static UUID id(long millis, long low) {
    return new UUID((millis << 16) | 0x7000, low);
  }

  @Test
  void freshId_isNotAskedFor_andAUsedOneIs() {
    RecentIds recent = new RecentIds(4, 100);
    assertThat(recent.maybeUsed(id(101, 1))).isFalse();
    recent.add(id(101, 1), 1_000);
    assertThat(recent.maybeUsed(id(101, 1))).isTrue();
    assertThat(recent.maybeUsed(id(101, 2))).isFalse();
  }

  @Test
  void idOfTheHorizon_orOfAnotherKind_isAskedFor() {
    RecentIds recent = new RecentIds(4, 100);
    assertThat(recent.maybeUsed(id(100, 9))).isTrue();
    assertThat(recent.maybeUsed(UUID.fromString("2f1c7a1e-9d1f-4a53-8b3a-0f2f5f6f7a8b"))).isTrue();
  }

  @Test
  void forgottenId_raisesTheHorizon() {
    RecentIds recent = new RecentIds(2, 0);
    recent.add(id(10, 1), 1_000);
    recent.add(id(20, 1), 1_000);
    recent.add(id(30, 1), 1_000);
    assertThat(recent.maybeUsed(id(10, 1))).as("forgotten, so maybe").isTrue();
    assertThat(recent.maybeUsed(id(9, 7))).isTrue();
    assertThat(recent.maybeUsed(id(11, 1))).isFalse();
  }

  /** "No" is never wrong, whatever was added; and what is remembered is what came last. */
  @Property(tries = 200)
  void answers_agreeWithAList(
      @ForAll @Size(max = 300) List<@IntRange(min = 1, max = 60) Integer> millis) {
    RecentIds recent = new RecentIds(16, 0);
    Deque<UUID> last = new ArrayDeque<>();
    long horizon = 0;
    Set<UUID> all = new HashSet<>();
    for (int i = 0; i < millis.size(); i++) {
      UUID id = id(millis.get(i), i % 5);
      recent.add(id, 1_000);
      all.add(id);
      if (!last.contains(id)) {
        last.add(id);
        if (last.size() > 16) {
          horizon = Math.max(horizon, RecentIds.millis(last.remove()));
        }
      }
      assertThat(all).allMatch(recent::maybeUsed);
    }
    assertThat(recent.maybeUsed(id(61, 0))).isFalse();
    for (long m = horizon + 1; m <= 60; m++) {
      for (int low = 0; low < 5; low++) {
        assertThat(recent.maybeUsed(id(m, low))).isEqualTo(last.contains(id(m, low)));
      }
    }
  }
}
