package io.trestle.events.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.events.core.Simulation.Streams;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Random publishes, answers in time and late, silence, broken streams, ended sessions,
 * registrations, pauses and crashes, judged by the {@link Model} after every call: with streams
 * that are pushed to, as services have them, with one that fetches, as a subscription over HTTP
 * has, and with both kinds at one consumer.
 */
class DispatcherSimulationTest {
  private static final int STEPS = 500;

  @ParameterizedTest
  @CsvSource({"PUSHED, 2000", "PULLED, 600", "BOTH, 300"})
  void dispatcher_randomLife_followsTheRules(Streams streams, int runs) {
    assertThat(runs).isPositive();
    for (int seed = 0; seed < runs; seed++) {
      try {
        new Simulation(seed, streams).run(STEPS);
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError(streams + " seed " + seed + ": " + e.getMessage(), e);
      }
    }
  }
}
