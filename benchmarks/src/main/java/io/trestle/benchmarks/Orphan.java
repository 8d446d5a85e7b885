package io.trestle.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The PostgreSQL that a kernel leaves behind when it has to be killed. The next kernel of the
 * directory would stop it, but a benchmark promises to leave no process now.
 */
final class Orphan {
  private static final int SECONDS = 5;

  private Orphan() {}

  /** Ends the server of a data directory, if it runs. */
  static void end(Path data) {
    try {
      List<String> lines = Files.readAllLines(data.resolve("postmaster.pid"));
      if (lines.size() > 1 && Path.of(lines.get(1).strip()).equals(data.toRealPath())) {
        ProcessHandle.of(Long.parseLong(lines.get(0).strip())).ifPresent(Orphan::end);
      }
    } catch (IOException | NumberFormatException e) {
      return; // no server, or one that is just leaving
    }
  }

  private static void end(ProcessHandle server) {
    server.destroy();
    try {
      server.onExit().get(SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException | ExecutionException e) {
      server.destroyForcibly();
    } catch (InterruptedException e) {
      server.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
