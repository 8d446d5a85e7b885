package io.trestle.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** Options that any command takes, before or after its name. */
final class Globals {
  @Option(
      names = {"-o", "--output"},
      scope = ScopeType.INHERIT,
      paramLabel = "FORMAT",
      converter = Format.Converter.class,
      description = "text (also called table) or json; default text.")
  Format output = Format.TEXT;

  @Option(
      names = "--addr",
      scope = ScopeType.INHERIT,
      paramLabel = "URL",
      description = "HTTP address of the kernel; else TRESTLE_ADDR, SB_ADDR, the only one running.")
  @Nullable String address;

  @Option(
      names = "--token-file",
      scope = ScopeType.INHERIT,
      paramLabel = "FILE",
      description = "The admin token; else TRESTLE_TOKEN, else the one of the running kernel.")
  @Nullable Path tokenFile;

  @Option(
      names = "--state",
      scope = ScopeType.INHERIT,
      paramLabel = "DIR",
      description = "State directory; else TRESTLE_STATE, else .trestle in the checkout.")
  @Nullable Path state;

  @Option(
      names = {"-h", "--help"},
      scope = ScopeType.INHERIT,
      usageHelp = true,
      description = "Shows this text.")
  boolean help;
}
