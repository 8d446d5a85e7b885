package io.trestle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchCommandTest {
  @TempDir Path state;

  @Test
  void outputJson_goesOnToTheBenchmark_unlessItHasAFile() {
    Globals globals = new Globals();
    globals.output = Format.JSON;

    assertThat(BenchCommand.arguments(globals, List.of("rpc")))
        .containsExactly("rpc", "--json", "-");
    assertThat(BenchCommand.arguments(globals, List.of("rpc", "--json=f")))
        .containsExactly("rpc", "--json=f");
    assertThat(BenchCommand.arguments(new Globals(), List.of("rpc"))).containsExactly("rpc");
  }

  @Test
  void aKernelOfSomebodyElse_isRefusedAsUsage() {
    CliRun run = CliRun.of(state, "bench", "rpc", "--addr", "http://127.0.0.1:1", "-o", "json");

    JsonNode error = run.json();
    assertThat(run.exit()).isEqualTo(2);
    assertThat(error.path("code").asText()).isEqualTo("invalid_argument");
    assertThat(error.path("message").asText()).contains("kernel of its own");
  }
}
