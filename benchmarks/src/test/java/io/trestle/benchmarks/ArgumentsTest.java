package io.trestle.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.io.OutputStream;
import java.io.PrintStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class ArgumentsTest {
  private static final Output QUIET =
      new Output(
          new PrintStream(OutputStream.nullOutputStream(), true, UTF_8),
          new PrintStream(OutputStream.nullOutputStream(), true, UTF_8));

  @Test
  void nothing_isWrongUsage() {
    Run run = Run.of();

    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.err())
        .contains(
            "no benchmark named"
                + " (expected: rpc, sessions, policy, start, pipeline, events or backlog)");
  }

  @Test
  void badArgument_withJsonOnStandardOutput_isOneJsonValue() {
    Run run = Run.of("rpc", "--rounds", "0", "--json", "-");

    assertThat(run.exit()).isEqualTo(2);
    assertThat(new JsonObject(run.out()).getString("code")).isEqualTo("invalid_argument");
    assertThat(new JsonObject(run.out()).getString("message")).contains("--rounds: 0");
  }

  @Test
  void help_isPrinted() {
    Run run = Run.of("rpc", "--help");

    assertThat(run.exit()).isZero();
    assertThat(run.out()).contains("--size", "--seconds", "--json");
  }

  @Test
  void help_showsTheRoundsOfEachBenchmark() {
    assertThat(Run.of("rpc", "--help").out())
        .containsIgnoringWhitespaces("Rounds of each contender (default 5)");
    assertThat(Run.of("pipeline", "--help").out())
        .containsIgnoringWhitespaces("Rounds of each contender (default 3)");
  }

  @Test
  void noProxied_leavesProxiedCallsOut() {
    RpcCommand plain = new RpcCommand(QUIET);
    RpcCommand without = new RpcCommand(QUIET);

    new CommandLine(plain).parseArgs();
    new CommandLine(without).parseArgs("--no-proxied");

    assertThat(plain.withoutProxied).isFalse();
    assertThat(without.withoutProxied).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "telepathy                      | telepathy",
        "rpc --colour red               | --colour",
        "rpc --json                     | --json",
        "rpc --size 5MiB                | expected: 1 to 4000KiB",
        "rpc --size 0                   | expected: 1 to 4000KiB",
        "rpc --size ten                 | expected: 1 to 4000KiB",
        "rpc --seconds 0                | --seconds: 0 (expected: 0.1 to 600)",
        "rpc --seconds soon             | soon",
        "rpc --rounds 0                 | --rounds: 0 (expected: 1 to 1000)",
        "rpc --concurrent 257           | --concurrent: 257 (expected: 1 to 256)",
        "rpc --json /no/such/dir/f.json | expected: a file in an existing directory",
        "pipeline --rounds 1001         | --rounds: 1001 (expected: 1 to 1000)",
        "pipeline --writers 0           | --writers: 0 (expected: 1 to 10000)",
        "pipeline --size 1MiB           | --size: 1048576 (expected: 1 to 65536)",
        "events --fan-out 2,0           | --fan-out: 0 (expected: 1 to 20)",
        "events --only wild             | --only: wild (expected: closed, fanout, wildcard",
        "backlog --events 999           | --events: 999 (expected: 1000 to 1000000000)",
        "backlog --idle-seconds 0       | --idle-seconds: 0 (expected: 0.1 to 3600)",
        "start --rounds 0              | --rounds: 0 (expected: 1 to 100)",
        "start --launcher /nowhere     | --launcher: /nowhere (expected: a program)",
        "sessions --services 0          | --services: 0 (expected: 1 to 1000)",
        "sessions --instances 5         | --instances: 5 (expected: 100 to 10000)",
        "policy --services 3            | --services: 3 (expected: 4 to 10000)",
        "policy --watchers 1001         | --watchers: 1001 (expected: 4 to 1000)",
      })
  void badArgument_isWrongUsage_andNamed(String line, String expected) {
    Run run = Run.of(line.strip().split(" +"));

    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.err()).contains(expected);
    assertThat(run.out()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "1,1B",
    "1024,1KiB",
    "10k,10KiB",
    "10KiB,10KiB",
    "1m,1MiB",
    "1MiB,1MiB",
    "1025,1025B"
  })
  void size_isReadAndShown(String text, String shown) {
    assertThat(new Size.Converter().convert(text)).hasToString(shown);
  }
}
