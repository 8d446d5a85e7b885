package io.trestle.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code trestle}: only its sub-commands do something. */
@Command(
    name = "trestle",
    synopsisSubcommandLabel = "COMMAND",
    description =
        "One process and PostgreSQL for a fleet of services. Flags without a command mean serve.")
final class RootCommand {
  @Mixin final Globals globals;

  RootCommand(Globals globals) {
    this.globals = globals;
  }

  /**
   * The parser for these arguments. Reading the annotations of all commands takes a third of a
   * second; so a command that is named first is the only one that is known. Otherwise all are: for
   * the usage, and for suggestions.
   *
   * @param first the first argument, empty when there is none
   */
  static CommandLine parser(Cli cli, String first) {
    CommandLine parser = new CommandLine(new RootCommand(cli.globals()), new CommandFactory(cli));
    boolean all = SubCommand.isNone(first);
    for (SubCommand command : SubCommand.values()) {
      if (all || command.text().equals(first)) {
        parser.addSubcommand(command.type());
      }
    }
    return parser;
  }
}
