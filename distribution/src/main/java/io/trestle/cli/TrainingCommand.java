package io.trestle.cli;

import io.trestle.kernel.Trestle;
import io.trestle.kernel.TrestleOptions;
import io.trestle.kernel.config.Configuration;
import io.trestle.kernel.config.Flags;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;

/**
 * The run from which the launcher makes the class archive: a kernel on an embedded database that is
 * thrown away, and a few admin commands against it, so that the classes of both are in the archive.
 */
@Command(
    name = "training",
    hidden = true,
    description = "Loads what a start loads; for the launcher.")
final class TrainingCommand implements Callable<Integer> {
  private final Cli cli;

  TrainingCommand(Cli cli) {
    this.cli = cli;
  }

  @Override
  public Integer call() throws IOException {
    Path state = Files.createTempDirectory("trestle-training-");
    try {
      train(state);
    } finally {
      delete(state);
    }
    return ExitCode.DONE.number();
  }

  private void train(Path state) {
    Map<String, String> freePorts = Map.of("network.grpc_port", "0", "network.ui_port", "0");
    Configuration configuration =
        Configuration.load(
            cli.home().resolve("conf").resolve("trestle.yaml"),
            Map.of(),
            new Flags(null, state, freePorts));
    Trestle kernel =
        Trestle.start(TrestleOptions.of(configuration, state)).toCompletableFuture().join();
    try {
      administer(state, "service", "create", "training", "-o", "json");
      administer(state, "settings", "list");
      administer(state, "version");
    } finally {
      kernel.stop().toCompletableFuture().join();
    }
  }

  private void administer(Path state, String... args) {
    PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    Map<String, String> environment = Map.of("TRESTLE_STATE", state.toString());
    int exit = Main.run(List.of(args), environment, cli.home(), nowhere, nowhere);
    if (exit != 0) {
      throw CliFailure.failed("internal", String.join(" ", args) + " ended with " + exit);
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      files.sorted(Comparator.reverseOrder()).forEach(TrainingCommand::deleteOne);
    }
  }

  private static void deleteOne(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
