package io.trestle.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The processes of {@link EventCrashTest}: a kernel with its own PostgreSQL, and workers.
 * Everything that is dead is started again by {@link #mend}. Thread: that of the test; the lines of
 * workers are read by threads of their own.
 */
final class CrashFleet implements AutoCloseable {
  /** Until the next kill of kernel or PostgreSQL: publishes, acknowledgements and handlings. */
  private static final int MOST_STEPS = 1_000;

  private static final int LATEST_MILLIS = 120;

  private final Path state;
  private final CrashModel model;
  private final int port = FreePorts.next();
  private final List<String> settings;
  private final Map<String, List<String>> roles = new LinkedHashMap<>();
  private final Map<String, Worker> workers = new LinkedHashMap<>();
  private final Map<String, Integer> kills = new TreeMap<>();
  private final Thread undertaker = new Thread(this::end);
  private KernelProcess kernel;
  private int started;
  private int readyKernels;
  private boolean kernelWasReady;
  private long nextKernelKill;

  /** One incarnation. */
  private static final class Worker {
    final String name;
    final Process process;
    final Thread reader;
    volatile boolean ready;
    volatile boolean drained;

    Worker(String name, Process process, CrashModel model) {
      this.name = name;
      this.process = process;
      this.reader = new Thread(() -> read(model), name);
      reader.setDaemon(true);
      reader.start();
    }

    private void read(CrashModel model) {
      try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          ready |= line.equals("R");
          drained |= line.equals("Z");
          model.line(name, line);
        }
      } catch (IOException e) {
        System.err.println(name + ": " + e);
      }
    }
  }

  CrashFleet(Path state, CrashModel model, Map<String, String> settings) {
    this.state = state;
    this.model = model;
    this.settings =
        settings.entrySet().stream()
            .flatMap(e -> List.of("--set", e.getKey() + "=" + e.getValue()).stream())
            .toList();
    Runtime.getRuntime().addShutdownHook(undertaker);
    this.kernel = startKernel();
  }

  private KernelProcess startKernel() {
    List<String> args = new ArrayList<>(List.of("up"));
    args.addAll(List.of("--set", "network.grpc_port=" + port, "--set", "network.ui_port=0"));
    args.addAll(settings);
    kernelWasReady = false;
    return KernelProcess.start(state, args.toArray(String[]::new));
  }

  KernelProcess kernel() {
    return kernel;
  }

  String url() {
    return "127.0.0.1:" + port;
  }

  /** Adds a worker: name, and what it is told but for the first argument. */
  void add(String name, List<String> arguments) {
    roles.put(name, arguments);
    workers.put(name, startWorker(name));
  }

  private Worker startWorker(String role) {
    String name = role + "." + ++started;
    List<String> command = new ArrayList<>(List.of(KernelProcess.java()));
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx96m"));
    command.addAll(ClassArchive.options());
    command.add("-Dvertx.disableDnsResolver=true");
    command.add("-Dtrestle.crash.slow=" + Integer.getInteger("trestle.crash.slow", 0));
    command.addAll(List.of("-cp", ClassArchive.classPath(), CrashWorker.class.getName()));
    // The tag of a publish begins with the name of the process: no number is ever used twice.
    roles.getOrDefault(role, List.of()).forEach(arg -> command.add(arg.replace("NAME", name)));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.redirectError(ProcessBuilder.Redirect.appendTo(state.resolve(role + ".err").toFile()));
    try {
      return new Worker(name, builder.start(), model);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts again what is dead. */
  void mend() {
    if (!kernel.isAlive()) {
      kernel = startKernel();
    } else if (!kernelWasReady && kernel.isReady()) {
      kernelWasReady = true;
      readyKernels++;
    }
    workers.replaceAll((role, w) -> w.process.isAlive() ? w : revive(role, w));
  }

  /**
   * One that died by itself counts as killed when that was noticed; its lines are all read first.
   */
  private Worker revive(String role, Worker dead) {
    joinReader(dead);
    return startWorker(role);
  }

  private static void joinReader(Worker worker) {
    try {
      worker.reader.join(TimeUnit.SECONDS.toMillis(20));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  // ---- kills

  /**
   * Kills something. Kernel and PostgreSQL are mostly left alone until some work was done after
   * they came back, so that a kill hits work also on a slow machine; what is just starting is
   * spared most of the time, not always.
   */
  void killSomething(SplittableRandom random) {
    int dice = random.nextInt(100);
    boolean anyway = random.nextInt(100) < 5;
    boolean worked = kernelWasReady && model.steps() > nextKernelKill;
    if (dice < 50 && (worked || anyway)) {
      nextKernelKill = model.steps() + random.nextInt(MOST_STEPS);
      if (random.nextInt(3) > 0) {
        afterRest(random.nextInt(LATEST_MILLIS));
      }
      if (dice < 20) {
        killKernel(random.nextInt(4) == 0);
      } else {
        killPostgres(random);
      }
    } else if (dice >= 50) {
      List<String> names = List.copyOf(workers.keySet());
      Worker worker = workers.get(names.get(random.nextInt(names.size())));
      if (worker != null && (worker.ready || anyway)) {
        killWorker(worker);
      }
    }
  }

  /** A subscriber, a publisher, PostgreSQL and the kernel, each after a pause. */
  void killOneOfEach(SplittableRandom random, Runnable pause) {
    for (String role : List.of("subscriber1", "publisher1")) {
      pause.run();
      Optional.ofNullable(workers.get(role)).ifPresent(this::killWorker);
    }
    pause.run();
    killPostgres(random);
    pause.run();
    killKernel(false);
  }

  /** A kill soon after publishers begin again hits events of which no progress is stored yet. */
  private static void afterRest(int millis) {
    long rest = CrashWorker.restMillis();
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(rest > 0 ? rest + millis : 0));
  }

  private void killKernel(boolean withPostgres) {
    long from = System.nanoTime();
    count(kernelWasReady ? "kernel" : "kernel_starting");
    List<ProcessHandle> postgres =
        withPostgres ? kernel.postgres().stream().toList() : List.<ProcessHandle>of();
    if (kernel.isAlive()) {
      kernel.kill();
    }
    for (ProcessHandle handle : postgres) {
      count("postmaster");
      end(handle);
    }
    model.disturbed(from, System.nanoTime());
    kernel = startKernel();
  }

  /** The postmaster, or one of its children: then it restarts all of them. */
  private void killPostgres(SplittableRandom random) {
    long from = System.nanoTime();
    List<ProcessHandle> postmaster = kernel.postgres().stream().toList();
    if (postmaster.isEmpty()) {
      return;
    }
    List<ProcessHandle> backends = postmaster.get(0).children().toList();
    boolean whole = backends.isEmpty() || random.nextInt(3) == 0;
    count(whole ? "postmaster" : "backend");
    end(whole ? postmaster.get(0) : backends.get(random.nextInt(backends.size())));
    model.disturbed(from, System.nanoTime());
  }

  private static void end(ProcessHandle handle) {
    handle.destroyForcibly();
    handle.onExit().orTimeout(60, TimeUnit.SECONDS).join();
  }

  private void killWorker(Worker worker) {
    count(worker.name.substring(0, worker.name.lastIndexOf('.')));
    long from = System.nanoTime();
    worker.process.toHandle().destroyForcibly();
    worker.process.onExit().join();
    joinReader(worker);
    model.killed(worker.name, from);
    mend();
  }

  private void count(String what) {
    kills.merge(what, 1, Integer::sum);
  }

  // ---- the end

  /** Tells publishers to begin nothing more. */
  void stopPublishing() {
    for (Worker worker : workers.values()) {
      if (isPublisher(worker)) {
        try {
          worker.process.getOutputStream().write('\n');
          worker.process.getOutputStream().flush();
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }
  }

  private static boolean isPublisher(Worker worker) {
    return worker.name.startsWith("publisher");
  }

  boolean allReady() {
    mend();
    return kernelWasReady && workers.values().stream().allMatch(w -> w.ready);
  }

  /** Events of the dead letters of a service, as the administrator sees them. */
  List<String> letters(String service) {
    kernel.awaitReady();
    List<String> events = new ArrayList<>();
    String cursor = "";
    do {
      List<String> command =
          new ArrayList<>(List.of("events", "dlq", "list", "--service", service, "--limit", "500"));
      if (!cursor.isEmpty()) {
        command.addAll(List.of("--cursor", cursor));
      }
      CliRun run = kernel.cli(command.toArray(String[]::new));
      if (run.exit() != 0) {
        throw new AssertionError(run);
      }
      JsonNode page = run.json();
      page.path("dead_letters").forEach(letter -> events.add(letter.path("event_id").asText()));
      cursor = page.path("next_cursor").asText();
    } while (!cursor.isEmpty());
    return events;
  }

  boolean published() {
    return workers.values().stream().filter(CrashFleet::isPublisher).allMatch(w -> w.drained);
  }

  /** What was killed: names of workers, and kernel, kernel_starting, postmaster, backend. */
  Set<String> killed() {
    return kills.keySet();
  }

  String summary() {
    int all = kills.values().stream().mapToInt(n -> n).sum();
    return "kills=" + all + " " + kills + " kernels_ready=" + readyKernels;
  }

  private void end() {
    workers.values().forEach(worker -> worker.process.destroyForcibly());
    kernel.close();
  }

  @Override
  public void close() {
    end();
    Runtime.getRuntime().removeShutdownHook(undertaker);
  }
}
