package io.trestle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
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

  @Test
  void start_measuresBothWays_andLeavesNothing() throws IOException {
    Path launcher = launcher();
    Path figures = state.resolve("start.json");
    Path work = Files.createDirectory(state.resolve("work"));

    CliRun run =
        CliRun.of(
            work,
            "bench",
            "start",
            "--rounds",
            "1",
            "--launcher",
            launcher.toString(),
            "--json",
            figures.toString());

    assertThat(run.exit()).as(run.err()).isZero();
    JsonNode results = new ObjectMapper().readTree(figures.toFile()).path("results");
    assertThat(results)
        .extracting(r -> r.path("case").asText())
        .containsExactly("up, embedded PostgreSQL", "serve, PostgreSQL runs");
    assertThat(results).allSatisfy(r -> assertThat(r.path("seconds").asDouble()).isPositive());
  }

  /** The program of the tests, as one file. */
  private Path launcher() throws IOException {
    List<String> command = new ArrayList<>(KernelProcess.command());
    Path launcher = state.resolve("launcher");
    Files.writeString(
        launcher,
        "#!/bin/sh\nexec "
            + command.stream().map(word -> "'" + word + "'").collect(Collectors.joining(" "))
            + " \"$@\"\n");
    assertThat(launcher.toFile().setExecutable(true)).isTrue();
    return launcher;
  }
}
