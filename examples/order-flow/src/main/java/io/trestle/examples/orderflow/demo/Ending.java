package io.trestle.examples.orderflow.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Ends what a killed process left behind. A kernel that has to be killed leaves its PostgreSQL; the
 * next kernel of the directory would stop it, but the demo promises to leave no process now.
 */
final class Ending {
  private static final int SECONDS = 13;

  private Ending() {}

  /** Waits until a process that is leaving is gone, and ends it when it does not go. */
  static void await(ProcessHandle process) {
    try {
      process.onExit().get(SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException | ExecutionException e) {
      process.destroyForcibly();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  /** Ends the server of an embedded database, if it runs. */
  static void ofPostgres(Path embedded) {
    postgres(embedded).ifPresent(Ending::stop);
  }

  /** The server of an embedded database, if it runs. */
  static Optional<ProcessHandle> postgres(Path embedded) {
    Path data = embedded.resolve("data");
    try {
      List<String> lines = Files.readAllLines(data.resolve("postmaster.pid"));
      if (lines.size() > 1 && Path.of(lines.get(1).strip()).equals(data.toRealPath())) {
        return ProcessHandle.of(Long.parseLong(lines.get(0).strip()))
            .filter(server -> server.info().command().orElse("postgres").endsWith("postgres"));
      }
    } catch (IOException | NumberFormatException e) {
      return Optional.empty(); // no server, or one that is just leaving
    }
    return Optional.empty();
  }

  /** Its clients are gone, so a smart shutdown is a quick one. */
  private static void stop(ProcessHandle server) {
    server.destroy();
    await(server);
  }
}
