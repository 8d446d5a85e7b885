package io.trestle.benchmarks;

import io.trestle.kernel.database.Dsn;
import io.vertx.pgclient.PgConnectOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The program as users start it, as a process. Closing it stops it as a signal would. */
final class Launched implements AutoCloseable {
  /** The first one may have to build. */
  private static final Duration START_LIMIT = Duration.ofMinutes(10);

  private static final Duration STOP_LIMIT = Duration.ofSeconds(40);
  private static final String READY = "ready:";

  private final Process process;
  private final Path log;
  private final CompletableFuture<Duration> ready = new CompletableFuture<>();

  private Launched(Process process, Path log, long began) {
    this.process = process;
    this.log = log;
    Thread reader = new Thread(() -> read(began), "output of the kernel");
    reader.setDaemon(true);
    reader.start();
  }

  /**
   * Starts it with free ports, as a user would: the first start after a build also makes the class
   * data that quicken the others.
   */
  static Launched start(
      Workspace workspace, Path program, String command, Map<String, String> environment) {
    Path log = workspace.directory().resolve(command + ".log");
    ProcessBuilder builder =
        new ProcessBuilder(
                List.of(
                    program.toAbsolutePath().toString(),
                    command,
                    "--set",
                    "network.grpc_port=0",
                    "--set",
                    "network.ui_port=0"))
            .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().keySet().removeIf(name -> name.matches("(TRESTLE|SB|SERVICEBRIDGE)_.*"));
    builder.environment().putAll(environment);
    long began = System.nanoTime();
    try {
      Launched launched = new Launched(builder.start(), log, began);
      workspace.endWith(launched::close);
      return launched;
    } catch (IOException e) {
      throw new BenchException(program + ": cannot be started: " + e, e);
    }
  }

  /** From the start of the process to its ready line. */
  Duration untilReady() {
    try {
      return ready.get(START_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException e) {
      throw new BenchException("the kernel did not become ready\n" + Child.tail(log), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BenchException("interrupted", e);
    }
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(STOP_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  /** For the environment: a password does not belong into a command line. */
  static String url(Dsn dsn) {
    PgConnectOptions options = dsn.connectOptions();
    return "postgres://%s:%s@%s:%d/%s"
        .formatted(
            encoded(options.getUser()),
            encoded(options.getPassword()),
            options.getHost(),
            options.getPort(),
            encoded(options.getDatabase()));
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private void read(long began) {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith(READY)) {
          ready.complete(Duration.ofNanos(System.nanoTime() - began));
        }
      }
    } catch (IOException e) {
      // it is gone, which the next line tells
    }
    ready.completeExceptionally(new BenchException("the process ended"));
  }
}
