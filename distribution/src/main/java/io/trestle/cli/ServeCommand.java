package io.trestle.cli;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code trestle serve}, also without its name: a kernel on a given PostgreSQL. */
@Command(name = "serve", description = "Runs a kernel on a given PostgreSQL.")
final class ServeCommand implements Callable<Integer> {
  private final Cli cli;
  @Mixin private final KernelFlags flags = new KernelFlags();

  @Option(
      names = "--pg-url",
      paramLabel = "DSN",
      description = "postgres://user:password@host:port/database?...; else SERVICEBRIDGE_PG_URL.")
  private @Nullable String databaseUrl;

  @Option(names = "--migrate", description = "Applies schema and default settings, and ends.")
  private boolean migrate;

  ServeCommand(Cli cli) {
    this.cli = cli;
  }

  @Override
  public Integer call() {
    return migrate
        ? KernelRun.migrate(cli, () -> flags.load(cli, cli.environment(), databaseUrl))
        : KernelRun.serve(cli, () -> flags.load(cli, cli.environment(), databaseUrl));
  }
}
