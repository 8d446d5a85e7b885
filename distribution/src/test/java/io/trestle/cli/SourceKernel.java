package io.trestle.cli;

import io.trestle.kernel.Trestle;
import io.trestle.kernel.TrestleOptions;
import io.trestle.kernel.config.Configuration;
import io.trestle.kernel.config.Flags;
import java.nio.file.Path;
import java.util.Map;

/** A kernel in this JVM, for tests that need a kernel but not a process. */
final class SourceKernel implements AutoCloseable {
  private final Trestle trestle;
  private final Path stateRoot;

  private SourceKernel(Trestle trestle, Path stateRoot) {
    this.trestle = trestle;
    this.stateRoot = stateRoot;
  }

  /** On free ports, which are stored as the settings of the database. */
  static SourceKernel start(Path stateRoot, TestDatabase database) {
    TrestleOptions options = options(stateRoot, database);
    Trestle.migrate(options).toCompletableFuture().join();
    database.execute(
        "UPDATE runtime_settings SET value = '0' WHERE key IN ('network.grpc_port', 'network.ui_port')");
    return new SourceKernel(Trestle.start(options).toCompletableFuture().join(), stateRoot);
  }

  /** As {@code -migrate} does. */
  static void migrate(TestDatabase database) {
    Path nowhere = Path.of("target", "no-state");
    Trestle.migrate(options(nowhere, database)).toCompletableFuture().join();
  }

  private static TrestleOptions options(Path stateRoot, TestDatabase database) {
    Configuration configuration =
        Configuration.load(
            KernelProcess.HOME.resolve("conf/trestle.yaml"),
            Map.of(),
            new Flags(database.url(), stateRoot, Map.of()));
    return TrestleOptions.of(configuration, stateRoot);
  }

  Trestle trestle() {
    return trestle;
  }

  CliRun cli(String... args) {
    return CliRun.of(stateRoot, args);
  }

  /** Makes a service and returns its key. */
  String createService(String name) {
    return cli("service", "create", name, "-o", "json").json().path("api_key").asText();
  }

  @Override
  public void close() {
    trestle.stop().toCompletableFuture().join();
  }
}
