package io.trestle.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code trestle}: only its sub-commands do something. */
@Command(
    name = "trestle",
    synopsisSubcommandLabel = "COMMAND",
    description =
        "One process and PostgreSQL for a fleet of services. Flags without a command mean serve.",
    subcommands = {
      UpCommand.class,
      ServeCommand.class,
      DemoCommand.class,
      BenchCommand.class,
      ServiceCommand.class,
      InstancesCommand.class,
      SettingsCommand.class,
      PolicyCommand.class,
      EventsCommand.class,
      VersionCommand.class,
      DoctorCommand.class,
      TrainingCommand.class
    })
final class RootCommand {
  @Mixin final Globals globals;

  RootCommand(Globals globals) {
    this.globals = globals;
  }
}
