package io.trestle.cli;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code trestle up}: the configuration as it stands, which means the embedded database. */
@Command(
    name = "up",
    description = "Runs a kernel with embedded PostgreSQL and the modules of conf/trestle.yaml.")
final class UpCommand implements Callable<Integer> {
  private static final String PG_URL = "SERVICEBRIDGE_PG_URL";

  private final Cli cli;
  @Mixin private final KernelFlags flags = new KernelFlags();

  UpCommand(Cli cli) {
    this.cli = cli;
  }

  @Override
  public Integer call() {
    Map<String, String> environment = new HashMap<>(cli.environment());
    if (environment.remove(PG_URL) != null) {
      cli.terminal().note("up uses the configured database; " + PG_URL + " is for serve");
    }
    return KernelRun.serve(cli, () -> flags.load(cli, environment, null));
  }
}
