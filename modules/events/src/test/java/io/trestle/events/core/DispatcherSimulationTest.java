package io.trestle.events.core;

import org.junit.jupiter.api.Test;

/**
 * Random publishes, answers in time and late, silence, broken streams, ended sessions,
 * registrations, pauses and crashes, judged by the {@link Model} after every call.
 */
class DispatcherSimulationTest {
  private static final int RUNS = 2_000;
  private static final int STEPS = 500;

  @Test
  void dispatcher_randomLife_followsTheRules() {
    for (int seed = 0; seed < RUNS; seed++) {
      try {
        new Simulation(seed).run(STEPS);
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
      }
    }
  }
}
