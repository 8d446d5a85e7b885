package io.trestle.cli;

import io.trestle.kernel.config.Configuration;
import io.trestle.kernel.config.Flags;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Flags of the commands that start a kernel. */
final class KernelFlags {
  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Configuration; default conf/trestle.yaml.")
  @Nullable Path config;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "A runtime setting for this process only; may be repeated.")
  Map<String, String> settings = new LinkedHashMap<>();

  /**
   * The configuration that is in force.
   *
   * @param databaseUrl {@code --pg-url}, or null
   */
  Configuration load(Cli cli, Map<String, String> environment, @Nullable String databaseUrl) {
    Path file = config == null ? cli.home().resolve("conf").resolve("trestle.yaml") : config;
    return Configuration.load(
        file, environment, new Flags(databaseUrl, cli.globals().state, settings));
  }
}
