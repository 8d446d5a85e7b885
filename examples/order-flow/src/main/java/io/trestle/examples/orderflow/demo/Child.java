package io.trestle.examples.orderflow.demo;

import io.trestle.examples.orderflow.ServiceLife;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * One process of the demo. What it prints goes to a file; its standard input is the leash on which
 * it lives. Thread-safe.
 */
final class Child {
  private static final List<String> NOT_PASSED_ON =
      List.of(
          "SERVICEBRIDGE_PG_URL",
          "SERVICEBRIDGE_UI_SETUP_TOKEN",
          "TRESTLE_STATE",
          "TRESTLE_TOKEN",
          "TRESTLE_ADDR",
          "SB_ADDR");
  private static final int TAIL_LINES = 15;

  private final String name;
  private final Process process;
  private final Path log;
  private final CompletableFuture<String> ready = new CompletableFuture<>();
  private final Thread output = new Thread(this::copyOutput);

  private Child(String name, Process process, Path log) {
    this.name = name;
    this.process = process;
    this.log = log;
  }

  /**
   * Starts a process.
   *
   * @param environment what it is given beside our own environment, secrets included
   */
  static Child start(
      String name, List<String> command, Map<String, String> environment, Path logs) {
    try {
      Files.createDirectories(logs);
      ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
      builder.environment().keySet().removeAll(NOT_PASSED_ON);
      builder.environment().putAll(environment);
      Child child = new Child(name, builder.start(), logs.resolve(name + ".log"));
      child.output.setDaemon(true);
      child.output.start();
      return child;
    } catch (IOException e) {
      throw new DemoException(name + ": cannot be started: " + e, e);
    }
  }

  String name() {
    return name;
  }

  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Completes when the process is gone. */
  CompletableFuture<Process> onExit() {
    return process.onExit();
  }

  /**
   * Waits until a service says that it is ready.
   *
   * @return what it says
   */
  String awaitReady(Duration limit) {
    try {
      return ready.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new DemoException(name + ": not ready within " + limit.toSeconds() + " s\n" + tail());
    } catch (ExecutionException e) {
      awaitEnd(limit);
      throw gone();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DemoException("interrupted", e);
    }
  }

  /** What to say when it is gone although it should not be. */
  DemoException gone() {
    return new DemoException(name + ": the process ended\n" + tail());
  }

  /** Asks the process to leave; it may take a moment. */
  void release() {
    try {
      process.getOutputStream().close();
    } catch (IOException e) {
      process.destroy(); // the pipe is broken: it is leaving or gone
    }
  }

  /**
   * Waits until the process is gone, and ends it when it does not go.
   *
   * @return whether it went by itself
   */
  boolean awaitEnd(Duration limit) {
    try {
      if (process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        return true;
      }
      kill();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    return false;
  }

  /** Ends the process as {@code kill -9} does; returns when it is gone. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** Waits until all that it printed is in its file. */
  void awaitOutputEnd() throws InterruptedException {
    output.join();
  }

  private void copyOutput() {
    try (BufferedReader lines =
            new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        BufferedWriter file = Files.newBufferedWriter(log)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        file.write(line);
        file.newLine();
        file.flush();
        if (line.startsWith(ServiceLife.READY + " ")) {
          ready.complete(line);
        }
      }
    } catch (IOException e) {
      ready.completeExceptionally(e); // the process is gone, or the disk is full
    }
    ready.completeExceptionally(new IOException("end of output"));
  }

  private String tail() {
    try (Stream<String> lines = Files.lines(log)) {
      List<String> all = lines.toList();
      List<String> last = all.subList(Math.max(0, all.size() - TAIL_LINES), all.size());
      return "  | " + String.join("\n  | ", last) + "\n  (all of it: " + log + ")";
    } catch (IOException e) {
      return "  (no output: " + log + ")";
    }
  }
}
