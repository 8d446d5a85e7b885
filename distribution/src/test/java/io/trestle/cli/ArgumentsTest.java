package io.trestle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import picocli.CommandLine.Command;

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

  @ParameterizedTest
  @EnumSource(SubCommand.class)
  void everyCommand_isTypedAsItIsCalled(SubCommand command) {
    assertThat(command.type().getAnnotation(Command.class).name()).isEqualTo(command.text());
  }

  @ParameterizedTest
  @CsvSource({"up, 1", "service, 1", "-o, 12", "'', 12", "servce, 12"})
  void parser_knowsTheCommandThatIsNamedFirst_elseAll(String first, int known) {
    Cli cli = new Cli(new Terminal(System.out, System.err), Map.of(), Path.of(""), new Globals());

    assertThat(RootCommand.parser(cli, first).getSubcommands()).hasSize(known);
  }

  @Test
  void nothing_isWrongUsage() {
    CliRun run = CliRun.of(Map.of());

    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.err()).contains("Usage: trestle");
  }
}
