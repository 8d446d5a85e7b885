package io.trestle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ArgumentsTest {

  @ParameterizedTest
  @CsvSource({
    "-pg-url x -migrate, serve --pg-url x --migrate",
    "--pg-url=x, serve --pg-url=x",
    "-pg-url=x, serve --pg-url=x",
    "-o json -migrate, serve -o json --migrate",
    "--addr http://h:1 service create a, --addr http://h:1 service create a",
    "--addr=http://h:1 service list, --addr=http://h:1 service list",
    "service create serve, service create serve",
    "up --set a=b, up --set a=b",
    "--version, version",
    "-o json --version, -o json version",
    "-h, -h",
    "help, --help",
  })
  void normal_makesFlagsWithoutACommandServe(String given, String expected) {
    assertThat(Arguments.normal(List.of(given.split(" ")))).containsExactly(expected.split(" "));
  }

  @ParameterizedTest
  @CsvSource({
    "-o json, true",
    "list -o=json, true",
    "list --output JSON, true",
    "list --output=json, true",
    "list -o table, false",
    "json, false",
    "list -o, false",
  })
  void wantJson_isSeenWhereverItStands(String given, boolean expected) {
    assertThat(Arguments.wantJson(List.of(given.split(" ")))).isEqualTo(expected);
  }

  @Test
  void nothing_isWrongUsage() {
    CliRun run = CliRun.of(java.util.Map.of());

    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.err()).contains("Usage: trestle");
  }
}
