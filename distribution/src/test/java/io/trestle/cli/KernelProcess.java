package io.trestle.cli;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.trestle.kernel.database.EmbeddedOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.awaitility.core.ConditionTimeoutException;

/**
 * The program as its own process, as the launcher starts it: to be signalled, killed and started
 * again. It answers in JSON, so that its ready line can be read. Blocking.
 */
public final class KernelProcess implements AutoCloseable {
  /** The checkout, where {@code conf/} is. */
  public static final Path HOME =
      Path.of(System.getProperty("basedir", "")).toAbsolutePath().resolve("..").normalize();

  /** Options of a JVM that lives for seconds. */
  static final List<String> SMALL =
      List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m");

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Process process;
  private final Path state;
  private final Printed out = new Printed();
  private final Printed err = new Printed();
  private JsonNode ready = Json.object();

  /** Written by a reader thread, read by tests. */
  private static final class Printed {
    private final StringBuilder text = new StringBuilder();

    synchronized void append(String more) {
      text.append(more);
    }

    @Override
    public synchronized String toString() {
      return text.toString();
    }
  }

  private KernelProcess(Process process, Path state) {
    this.process = process;
    this.state = state;
    read(process.getInputStream(), out);
    read(process.getErrorStream(), err);
  }

  /**
   * Starts the program.
   *
   * @param state root of the state directories
   * @param args command and flags; {@code -o json} is added
   */
  public static KernelProcess start(Path state, String... args) {
    return start(Map.of(), state, args);
  }

  private static KernelProcess start(Map<String, String> environment, Path state, String... args) {
    List<String> command = new ArrayList<>(command());
    command.addAll(List.of(args));
    command.addAll(List.of("-o", "json"));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().keySet().removeIf(KernelProcess::isOurs);
    builder.environment().putAll(environment);
    builder.environment().put("TRESTLE_STATE", state.toString());
    try {
      return new KernelProcess(builder.start(), state);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The program without its arguments. */
  static List<String> command() {
    List<String> command = new ArrayList<>(List.of(java()));
    command.addAll(SMALL);
    command.addAll(ClassArchive.options());
    command.add("-Dtrestle.home=" + HOME);
    command.addAll(programs());
    command.addAll(List.of("-cp", ClassArchive.classPath(), Main.class.getName()));
    return command;
  }

  /** The JVM that we run on. */
  static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  /** PostgreSQL is unpacked once for all tests, where the build says so. */
  static List<String> programs() {
    String place = System.getProperty(EmbeddedOptions.PROGRAMS);
    return place == null ? List.of() : List.of("-D" + EmbeddedOptions.PROGRAMS + "=" + place);
  }

  /** {@code up} with free ports. */
  public static KernelProcess up(Path state) {
    return start(state, "up", "--set", "network.grpc_port=0", "--set", "network.ui_port=0");
  }

  /** {@link #up} with a log of everything. */
  static KernelProcess upTalkative(Path state) {
    return start(
        Map.of("TRESTLE_LOG_LEVEL", "DEBUG"),
        state,
        "up",
        "--set",
        "network.grpc_port=0",
        "--set",
        "network.ui_port=0");
  }

  /** {@code serve} on a database, on a port that is known before, with a log of everything. */
  static KernelProcess serveTalkative(Path state, String databaseUrl, int grpcPort) {
    return start(
        Map.of("TRESTLE_LOG_LEVEL", "DEBUG"),
        state,
        "serve",
        "--pg-url",
        databaseUrl,
        "--set",
        "network.grpc_port=" + grpcPort,
        "--set",
        "network.ui_port=0");
  }

  /** {@code serve} on a database, with free ports. */
  public static KernelProcess serve(Path state, String databaseUrl) {
    return start(
        state,
        "serve",
        "--pg-url",
        databaseUrl,
        "--set",
        "network.grpc_port=0",
        "--set",
        "network.ui_port=0");
  }

  private static boolean isOurs(String variable) {
    return variable.startsWith("TRESTLE_")
        || variable.startsWith("SB_")
        || variable.startsWith("SERVICEBRIDGE_");
  }

  private static void read(InputStream stream, Printed into) {
    Thread reader =
        new Thread(
            () -> {
              byte[] buffer = new byte[8192];
              try (stream) {
                for (int n = stream.read(buffer); n >= 0; n = stream.read(buffer)) {
                  into.append(new String(buffer, 0, n, StandardCharsets.UTF_8));
                }
              } catch (IOException e) {
                into.append(e.toString());
              }
            });
    reader.setDaemon(true);
    reader.start();
  }

  /** Waits until it says that it is ready. */
  public KernelProcess awaitReady() {
    try {
      await()
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(20))
          .until(() -> !process.isAlive() || parsed().isPresent());
    } catch (ConditionTimeoutException e) {
      throw notReady();
    }
    ready = parsed().filter(json -> json.has("grpc")).orElseThrow(this::notReady);
    return this;
  }

  /** Whether it has said that it is ready. */
  boolean isReady() {
    return isAlive() && parsed().isPresent();
  }

  private AssertionError notReady() {
    return new AssertionError("not ready, out: " + out + "\nerr: " + err);
  }

  private Optional<JsonNode> parsed() {
    return Json.parse(out.toString().getBytes(StandardCharsets.UTF_8)).filter(JsonNode::isObject);
  }

  /** Waits for its end and returns the exit code. */
  public int awaitExit() {
    return awaitExit(PATIENCE);
  }

  /** Waits for its end, not longer than given, and returns the exit code. */
  public int awaitExit(Duration atMost) {
    try {
      if (!process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError("still there after " + atMost + ", err: " + err);
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** SIGTERM. Not {@code Process.destroy}, which also closes the streams that we read. */
  public void terminate() {
    process.toHandle().destroy();
  }

  /** SIGKILL, and waits until it is gone. */
  public void kill() {
    process.toHandle().destroyForcibly();
    awaitExit();
  }

  public long pid() {
    return process.pid();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** gRPC address as it can be reached from here. */
  public String grpc() {
    return "127.0.0.1:" + grpcPort();
  }

  public int grpcPort() {
    String first = ready.path("grpc").path(0).asText();
    return Integer.parseInt(first.substring(first.lastIndexOf(':') + 1));
  }

  /** First URL of the HTTP listener. */
  public String http() {
    return ready.path("http").path(0).asText();
  }

  /** What it printed when it was ready. */
  public JsonNode readyLine() {
    return ready;
  }

  /** State directory of this kernel. */
  public Path directory() {
    return Path.of(ready.path("state").asText());
  }

  public String out() {
    return out.toString();
  }

  public String err() {
    return err.toString();
  }

  /** An admin command for it. */
  CliRun cli(String... args) {
    List<String> full = new ArrayList<>(List.of(args));
    full.addAll(List.of("--addr", http(), "-o", "json"));
    return CliRun.of(state, full.toArray(String[]::new));
  }

  /** Makes a service and returns its key. */
  String createService(String name) {
    CliRun made = cli("service", "create", name);
    if (made.exit() != 0) {
      throw new AssertionError(made);
    }
    return made.json().path("api_key").asText();
  }

  /** The postmaster of the embedded database; empty when there is none. */
  public Optional<ProcessHandle> postgres() {
    Path file = state.resolve("embedded").resolve("data").resolve("postmaster.pid");
    try {
      return ProcessHandle.of(Long.parseLong(Files.readAllLines(file).get(0).strip()));
    } catch (IOException | NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** Stops it, and leaves nothing of it behind, whatever a test did to it. */
  @Override
  public void close() {
    if (process.isAlive()) {
      terminate();
      try {
        awaitExit(Duration.ofSeconds(10));
      } catch (AssertionError e) {
        process.destroyForcibly();
      }
    }
    postgres().ifPresent(ProcessHandle::destroyForcibly);
  }
}
