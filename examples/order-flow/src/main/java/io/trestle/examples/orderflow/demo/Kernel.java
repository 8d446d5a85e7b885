package io.trestle.examples.orderflow.demo;

import io.trestle.kernel.state.StateDirectory;
import io.trestle.kernel.state.StateDirectory.LiveRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The demo's kernel: {@code trestle up} as a process, with a configuration, a state directory and
 * ports of its own, so that it disturbs no other.
 */
final class Kernel implements AutoCloseable {
  private static final String MAIN = "io.trestle.cli.Main";
  private static final Duration READY_LIMIT = Duration.ofSeconds(90);
  private static final Duration STOP_LIMIT = Duration.ofSeconds(10);
  private static final long LOOK_EVERY_MILLIS = 50;
  private static final String CONFIGURATION =
      """
      # Written by the demo at every start.
      modules:
        pki:
        registry:
        rpc:
        events:
      database:
        provider: embedded
      """;

  private final Child child;
  private final Path root;

  private Kernel(Child child, Path root) {
    this.child = child;
    this.root = root;
  }

  /** Starts the process; it is not ready yet. */
  static Kernel launch(DemoDirectory directory) {
    Path root = directory.path();
    Path configuration = root.resolve("trestle.yaml");
    try {
      Files.writeString(configuration, CONFIGURATION);
    } catch (IOException e) {
      throw new DemoException(configuration + ": cannot be written: " + e, e);
    }
    List<String> args =
        List.of(
            "up",
            "--state",
            root.toString(),
            "--config",
            configuration.toString(),
            "--set",
            "network.grpc_host=127.0.0.1",
            "--set",
            "network.grpc_port=0",
            "--set",
            "network.ui_port=0");
    List<String> command = JavaCommand.kernel(MAIN, args);
    return new Kernel(Child.start("kernel", command, Map.of(), directory.logs()), root);
  }

  /**
   * Waits until it serves.
   *
   * @throws DemoException when it ends instead, with what it said last
   */
  void awaitReady() {
    long end = System.nanoTime() + READY_LIMIT.toNanos();
    while (live().isEmpty()) {
      if (!child.isAlive()) {
        throw child.gone();
      }
      if (System.nanoTime() > end) {
        throw new DemoException("kernel: not ready within " + READY_LIMIT.toSeconds() + " s");
      }
      sleep();
    }
  }

  /** Its gRPC address. */
  String grpc() {
    return required().info().grpc().get(0);
  }

  /** Its HTTP address. */
  String http() {
    return required().info().http().get(0);
  }

  /** The credentials for it. */
  Path tokenFile() {
    return required().tokenFile();
  }

  AdminApi admin() {
    return new AdminApi(http(), tokenFile());
  }

  /** Directory of its embedded PostgreSQL. */
  Path embeddedDatabase() {
    return root.resolve("embedded");
  }

  Child child() {
    return child;
  }

  /** PostgreSQL takes back its pid file a moment before it is gone, so it is awaited too. */
  @Override
  public void close() {
    Optional<ProcessHandle> postgres = Ending.postgres(embeddedDatabase());
    child.release();
    if (!child.awaitEnd(STOP_LIMIT)) {
      Ending.ofPostgres(embeddedDatabase());
    }
    postgres.ifPresent(Ending::await);
  }

  private LiveRuntime required() {
    return live().orElseThrow(child::gone);
  }

  private Optional<LiveRuntime> live() {
    return StateDirectory.liveRuntimes(root).stream()
        .filter(live -> live.info().pid() == child.pid())
        .findFirst();
  }

  private static void sleep() {
    try {
      Thread.sleep(LOOK_EVERY_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DemoException("interrupted", e);
    }
  }
}
