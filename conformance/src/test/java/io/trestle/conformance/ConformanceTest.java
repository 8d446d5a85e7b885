package io.trestle.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
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
        .contains("calls", "errors", "timeouts", "transports", "streams", "events");
    assertThat(outcomes).hasSize(12 + 9 + 9 + 2 + 6 + 4);
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

  @Test
  void agent_answersWhatItCannotDo() throws Exception {
    TestKernel.ServiceKey key = TRESTLE.kernel().service("alone");
    Path schema = Path.of("src/main/resources/io/trestle/conformance/conformance.proto");
    ObjectNode config =
        AgentProcess.JSON
            .createObjectNode()
            .put("url", TRESTLE.kernel().grpc())
            .put("key", key.apiKey())
            .put("schema", schema.toString());

    try (AgentProcess agent = AgentProcess.start(Language.java(), config)) {
      assertThat(agent.ready().path("serviceId").asText()).isEqualTo(key.id());
      assertThat(codeOf(agent, "publish")).isEqualTo("INTERNAL"); // it was told of no events
      assertThat(codeOf(agent, "dance")).isEqualTo("UNIMPLEMENTED");
      assertThat(codeOf(agent, "awaitMethod")).isEqualTo("TIMEOUT");
      assertThat(codeOf(agent, "call")).isEqualTo("NO_LIVE_INSTANCE");
    }
  }

  private static String codeOf(AgentProcess agent, String command) throws Exception {
    ObjectNode line =
        AgentProcess.JSON
            .createObjectNode()
            .put("command", command)
            .put("service", "alone")
            .put("method", "Nothing")
            .put("attempts", 1)
            .put("timeoutMs", command.equals("call") ? 30_000 : 10);
    return agent.ask(line).path("error").path("code").asText();
  }
}
