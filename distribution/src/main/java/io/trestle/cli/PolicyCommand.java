package io.trestle.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/** {@code trestle policy}: announced by name, served by a later version. */
@Command(
    name = "policy",
    synopsisSubcommandLabel = "COMMAND",
    description = "Access policy of a service (not in this version).",
    subcommands = {PolicyCommand.Show.class, PolicyCommand.Change.class})
final class PolicyCommand {

  private static int absent(String command) {
    throw CliFailure.failed(
        "unimplemented",
        "policy "
            + command
            + ": not in this version; rules are rows of service_policy_rules meanwhile");
  }

  /** {@code policy show}. */
  @Command(name = "show", description = "Shows the rules of a service.")
  static final class Show implements Callable<Integer> {
    @Unmatched List<String> rest = new ArrayList<>();

    @Override
    public Integer call() {
      return absent("show");
    }
  }

  /** {@code policy set}. */
  @Command(name = "set", description = "Replaces the rules of a service.")
  static final class Change implements Callable<Integer> {
    @Unmatched List<String> rest = new ArrayList<>();

    @Override
    public Integer call() {
      return absent("set");
    }
  }
}
