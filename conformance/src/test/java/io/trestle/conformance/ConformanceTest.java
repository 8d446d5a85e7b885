package io.trestle.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trestle.testing.TestKernel;
import io.trestle.testing.TrestleExtension;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Java to Java, with processes of their own on a real kernel. */
class ConformanceTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();

  @Test
  void java_passesAllScenarios() throws Exception {
    List<Outcome> outcomes =
        Conformance.run(TRESTLE.kernel(), List.of(Language.java()), Scenario.ours());

    assertThat(outcomes).allMatch(Outcome::passed);
    assertThat(outcomes)
        .extracting(Outcome::scenario)
        .contains("calls", "errors", "timeouts", "transports");
    assertThat(outcomes).hasSize(12 + 9 + 9 + 2);
  }

  @Test
  void agentThatEnds_isToldAtOnce() throws Exception {
    Language gone = new Language("gone", List.of(Language.java().command().get(0), "-version"));
    TestKernel.ServiceKey key = TRESTLE.kernel().service("nobody");
    PairRun.Fleet fleet =
        new PairRun.Fleet(TRESTLE.kernel().grpc(), key, key, Path.of("none.proto"));
    PairRun run = new PairRun(fleet, Scenario.ours(), gone, gone);

    assertThatThrownBy(run::run).hasMessageContaining("gone: the agent ended");
  }
}
