package io.trestle.registry.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Rpc.md 1.6 rule 3. */
class HealthWindowTest {
  private static final long T = 1_000_000_000_000L;
  private final HealthWindow health = new HealthWindow();

  @Test
  void record_fourFailures_isHealthy_theFifthOutcomeDecides() {
    assertThat(health.record(0, 4, T)).isFalse();
    assertThat(health.since()).isZero();

    assertThat(health.record(0, 1, T + 10)).isTrue();
    assertThat(health.since()).isEqualTo(T + 10);
  }

  @Test
  void record_exactlyHalfFailed_isHealthy() {
    health.record(3, 3, T);
    assertThat(health.since()).isZero();

    health.record(0, 1, T);
    assertThat(health.since()).isEqualTo(T);
  }

  @Test
  void record_outcomesOlderThanTenSeconds_doNotCount() {
    health.record(0, 4, T);

    health.record(0, 1, T + 11_000);

    assertThat(health.since()).isZero();
  }

  @Test
  void record_successAfterIt_heals() {
    health.record(0, 5, T);

    assertThat(health.record(1, 0, T + 100)).isTrue();
    assertThat(health.since()).isZero();
    health.record(0, 4, T + 200);
    assertThat(health.since()).as("what was before is forgotten").isZero();
  }

  @Test
  void heal_thirtySecondsAfterTheLastFailure_heals() {
    health.record(0, 5, T);
    health.record(0, 1, T + 5_000);

    assertThat(health.healsAt()).isEqualTo(T + 35_000);
    assertThat(health.heal(T + 34_999)).isFalse();
    assertThat(health.heal(T + 35_000)).isTrue();
    assertThat(health.since()).isZero();
    assertThat(health.heal(T + 40_000)).isFalse();
  }

  @Test
  void record_failuresPastThirtySeconds_openANewWindow() {
    health.record(0, 5, T);
    for (long t = T; t < T + 30_000; t += 1_000) {
      assertThat(health.record(0, 1, t)).isFalse();
    }

    assertThat(health.record(0, 1, T + 30_000)).isTrue();
    assertThat(health.since()).isEqualTo(T + 30_000);
  }

  @Test
  void record_successesForADay_keepsTenSecondsOnly() {
    for (int i = 0; i < 86_400; i++) {
      health.record(1, 0, T + i * 1_000L);
    }

    assertThat(health.slots()).isLessThanOrEqualTo(12);
  }
}
