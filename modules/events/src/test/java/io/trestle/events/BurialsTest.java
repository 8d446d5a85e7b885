package io.trestle.events;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.events.ConsumerStore.Consumer;
import io.trestle.events.ConsumerStore.Progress;
import io.trestle.events.core.Burial;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** How many dead letters are worked on, and how often. */
class BurialsTest {
  private static final Consumer CONSUMER =
      new Consumer(1, "service", new UUID(0, 1), "", 0, new Progress(1, 0, "{}", 0, 0, ""));

  private final List<Promise<Void>> tries = new ArrayList<>();
  private final List<Long> tried = new ArrayList<>();
  private final List<Long> pauses = new ArrayList<>();
  private final List<Runnable> later = new ArrayList<>();
  private final List<Long> buried = new ArrayList<>();
  private final Burials burials =
      new Burials(
          grave -> {
            tried.add(grave.burial.position());
            tries.add(Promise.promise());
            return tries.get(tries.size() - 1).future();
          },
          (pause, task) -> {
            pauses.add(pause);
            later.add(task);
          });

  private void add(int count) {
    for (int i = 0; i < count; i++) {
      Burial<Logged> burial =
          new Burial<>(i, null, Burial.Reason.ORPHANED_PATTERN, "orphaned_pattern", 0);
      burials.add(CONSUMER, burial, grave -> buried.add(grave.burial.position()));
    }
  }

  @Test
  void backlogThatDies_isBuriedFewAtATime_inOrder() {
    add(1_000);
    assertThat(tries).hasSize(Burials.AT_A_TIME);
    assertThat(burials.waiting()).isEqualTo(1_000);

    for (int i = 0; i < 1_000; i++) {
      assertThat(tries).hasSizeLessThanOrEqualTo(i + Burials.AT_A_TIME);
      tries.get(i).complete();
    }

    assertThat(burials.waiting()).isZero();
    assertThat(buried).isSorted().hasSize(1_000);
  }

  @Test
  void oneThatFails_comesBackLaterAndLater_andHoldsNobodyUp() {
    add(Burials.AT_A_TIME + 1);
    tries.get(0).fail("away");
    assertThat(tried).endsWith((long) Burials.AT_A_TIME);
    for (int i = 1; i <= Burials.AT_A_TIME; i++) {
      tries.get(i).complete();
    }
    assertThat(burials.waiting()).isEqualTo(1);

    for (int i = 0; i < 6; i++) {
      later.get(i).run();
      assertThat(tried).endsWith(0L);
      tries.get(tries.size() - 1).fail("away");
    }
    assertThat(pauses).containsExactly(500L, 1_000L, 2_000L, 4_000L, 8_000L, 15_000L, 15_000L);

    later.get(6).run();
    tries.get(tries.size() - 1).complete();
    assertThat(burials.waiting()).isZero();
    assertThat(buried).hasSize(Burials.AT_A_TIME + 1).endsWith(0L);
  }
}
