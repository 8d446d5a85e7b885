package io.trestle.benchmarks;

import io.trestle.benchmarks.worker.Worker;
import io.trestle.kernel.database.EmbeddedOptions;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.lang.ProcessBuilder.Redirect;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * One {@link Worker} process with our Java and our class path. Questions and answers are lines of
 * JSON on its standard streams, secrets among them, so none stands in a command line. Its input is
 * also the leash: it ends when that closes, of whatever cause. One caller at a time.
 */
final class Child implements AutoCloseable {
  private static final Duration COST_LIMIT = Duration.ofSeconds(10);
  private static final Duration STOP_LIMIT = Duration.ofSeconds(15);
  private static final String OWN = "TRESTLE_BENCH_JAVA_OPTS";
  private static final String OWN_PROPERTY = "trestle.bench.java-opts";
  private static final int TAIL_LINES = 25;
  private static final List<String> FLAGS =
      List.of("-Dlogback.configurationFile=io/trestle/benchmarks/logback.xml");

  private final String name;
  private final Process process;
  private final Path log;
  private final Writer questions;
  private final BlockingQueue<Optional<String>> answers = new LinkedBlockingQueue<>();

  private Child(String name, Process process, Path log) {
    this.name = name;
    this.process = process;
    this.log = log;
    this.questions = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8);
  }

  /**
   * Starts a process.
   *
   * @param role what it does
   * @param flags options of its JVM
   */
  static Child start(String role, List<String> flags, Path directory) {
    Path log = directory.resolve(role + ".log");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(FLAGS);
    List<String> own = own(role);
    List<String> classData =
        classData(ManagementFactory.getRuntimeMXBean().getInputArguments(), own);
    command.addAll(modern(Runtime.version().feature(), classData));
    command.addAll(classData);
    command.addAll(programs());
    command.addAll(flags);
    command.addAll(own);
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), Worker.class.getName(), role));
    try {
      Child child =
          new Child(
              role,
              new ProcessBuilder(command).redirectError(Redirect.appendTo(log.toFile())).start(),
              log);
      Thread reader = new Thread(child::readAnswers, "answers of " + role);
      reader.setDaemon(true);
      reader.start();
      return child;
    } catch (IOException e) {
      throw new BenchException(role + ": cannot be started: " + e, e);
    }
  }

  long pid() {
    return process.pid();
  }

  /** Processor time so far, in nanoseconds; 0 where the system does not tell. */
  long cpuNanos() {
    return process.info().totalCpuDuration().map(Duration::toNanos).orElse(0L);
  }

  /** What it has used so far; it must not be busy with a question. */
  Cost cost() {
    JsonObject answer = ask(Worker.COST, new JsonObject(), COST_LIMIT);
    return new Cost(cpuNanos(), answer.getLong("bytes"), answer.getLong("compile_millis"));
  }

  /** Asks for something and waits for the answer. */
  JsonObject ask(String command, JsonObject arguments, Duration limit) {
    try {
      send(arguments.copy().put(Worker.COMMAND, command));
      Optional<String> line = answers.poll(limit.toMillis(), TimeUnit.MILLISECONDS);
      if (line == null) {
        throw new BenchException(
            "%s: no answer to %s within %d s%n%s"
                .formatted(name, command, limit.toSeconds(), tail()));
      }
      return answer(command, new JsonObject(line.orElseThrow(this::gone)));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BenchException("interrupted", e);
    }
  }

  private void send(JsonObject question) {
    try {
      questions.write(question.encode() + "\n");
      questions.flush();
    } catch (IOException e) {
      // it is gone, which the answers tell, when all that it said has been read
    }
  }

  private JsonObject answer(String command, JsonObject answer) {
    String failure = answer.getString(Worker.FAILURE);
    if (failure != null) {
      throw new BenchException("%s: %s: %s%n%s".formatted(name, command, failure, tail()));
    }
    return answer;
  }

  /** Lets it go, and ends it when it does not go. */
  @Override
  public void close() {
    release();
    try {
      if (!process.waitFor(STOP_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  /** Ends it as a crash would: it gets no chance to put anything in order. */
  void kill() {
    try {
      process.destroyForcibly().waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BenchException("interrupted", e);
    }
  }

  /** Lets it go without waiting. */
  void release() {
    try {
      questions.close();
    } catch (IOException e) {
      process.destroy(); // the pipe is broken: it is leaving or gone
    }
  }

  private void readAnswers() {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith(Worker.ANSWER)) {
          answers.add(Optional.of(line.substring(Worker.ANSWER.length())));
        } else {
          keep(line);
        }
      }
    } catch (IOException e) {
      // it is gone, which the next line tells
    }
    answers.add(Optional.empty());
  }

  /** A JVM that crashes says so on standard output; it belongs to what is shown of its end. */
  private void keep(String line) throws IOException {
    Files.writeString(log, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  private BenchException gone() {
    return new BenchException(name + ": the process ended\n" + tail());
  }

  private String tail() {
    return tail(log);
  }

  /** The last lines of a log, as part of a message. */
  static String tail(Path log) {
    try (Stream<String> lines = Files.lines(log)) {
      List<String> all = lines.toList();
      return "  | "
          + String.join("\n  | ", all.subList(Math.max(0, all.size() - TAIL_LINES), all.size()));
    } catch (IOException e) {
      return "  (it left no log)";
    }
  }

  /** What the user adds, to profile for instance; {@code %r} is the role. */
  private static List<String> own(String role) {
    String variable = System.getenv().getOrDefault(OWN, "");
    String options = System.getProperty(OWN_PROPERTY, variable).strip();
    return options.isEmpty() ? List.of() : List.of(options.replace("%r", role).split("\\s+"));
  }

  /**
   * The launcher's class data, as a process that it starts itself would have. Not under a flight
   * recording: that asks for the bytes of each class, and Java 17 crashes when an archived class
   * stands below {@code META-INF/versions} alone, as one of the PostgreSQL driver does.
   */
  static List<String> classData(List<String> launcherFlags, List<String> own) {
    if (own.stream().anyMatch(flag -> flag.startsWith("-XX:StartFlightRecording"))) {
      return List.of();
    }
    return launcherFlags.stream()
        .filter(
            flag -> flag.startsWith("-XX:SharedArchiveFile=") || flag.startsWith("-XX:AOTCache="))
        .toList();
  }

  /** Where PostgreSQL is unpacked, when that was said of this process. */
  private static List<String> programs() {
    String place = System.getProperty(EmbeddedOptions.PROGRAMS);
    return place == null ? List.of() : List.of("-D" + EmbeddedOptions.PROGRAMS + "=" + place);
  }

  /**
   * What newer JVMs want to be told, and older ones do not know. An archive is used only under the
   * access to native code of its making: the launcher has that from its manifest, which says
   * nothing here. Without it there is a warning in the log.
   */
  static List<String> modern(int version, List<String> classData) {
    List<String> flags = new ArrayList<>();
    if (version >= 22 && classData.isEmpty()) {
      flags.add("--enable-native-access=ALL-UNNAMED");
    }
    if (version >= 24) {
      flags.add("--sun-misc-unsafe-memory-access=allow");
    }
    return flags;
  }
}
