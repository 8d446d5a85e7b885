package io.trestle.benchmarks;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code bench sessions}: a fleet of light sessions arrives at a small kernel; then one instance
 * that everybody must see joins and leaves.
 */
@Command(
    name = "sessions",
    mixinStandardHelpOptions = true,
    description = "A fleet connects, registers and watches; one instance joins and leaves.")
final class SessionsCommand implements Callable<Integer> {
  private static final List<String> KERNEL_FLAGS = List.of("-Xms64m", "-Xmx320m");

  /**
   * The load shares the processors with the kernel and lives for a minute: what it spends on
   * compiling a second time and on barriers of a concurrent collector is taken from the kernel.
   */
  private static final List<String> LOAD_FLAGS =
      List.of("-Xmx1g", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");

  private static final Duration PREPARE_LIMIT = Duration.ofMinutes(2);
  private static final Duration PHASE_LIMIT = Duration.ofMinutes(2);
  private static final double MAX_SECONDS = 30;
  private static final double MAX_SEEN_SECONDS = 1;
  private static final double MAX_MEBIBYTES = 700;
  private static final double MIN_PROVISIONS = 300;

  private final Output output;
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin JsonTarget json = new JsonTarget();

  @Option(
      names = "--services",
      defaultValue = "100",
      description = "Services (default ${DEFAULT-VALUE}).")
  int services;

  @Option(
      names = "--instances",
      defaultValue = "1000",
      description = "Instances of all services together (default ${DEFAULT-VALUE}).")
  int instances;

  SessionsCommand(Output output) {
    this.output = output;
  }

  @Override
  public Integer call() {
    Bounds bounds = new Bounds(spec);
    bounds.within("--services", services, 1, 1000);
    bounds.within("--instances", instances, services, 10_000);
    json.check();
    List<Result> results;
    try (Workspace workspace = Workspace.create()) {
      results = measure(workspace);
    }
    Table.bounded("case (%d instances of %d services)".formatted(instances, services), results)
        .lines()
        .forEach(output::say);
    json.write(results);
    return 0;
  }

  private List<Result> measure(Workspace workspace) {
    output.note("starting a kernel");
    Kernel kernel = Kernel.start(workspace, "kernel", KERNEL_FLAGS);
    Kernel.Memory idle = kernel.memory();
    Child load = workspace.start("load", LOAD_FLAGS);
    output.note("making %d services and %d key pairs".formatted(services, instances));
    load.ask("prepare", fleet(kernel), PREPARE_LIMIT);
    List<Result> results = new ArrayList<>();
    double total = arrive(kernel, load, results);
    JsonObject seen = load.ask("visit", new JsonObject(), PHASE_LIMIT);
    results.add(timed("join seen by all", seen.getDouble("join"), MAX_SEEN_SECONDS));
    results.add(timed("leave seen by all", seen.getDouble("leave"), MAX_SEEN_SECONDS));
    results.add(memory(instances / total, idle, kernel.memory()));
    output.note("provisioning %d more".formatted(instances));
    results.add(provisioned("provision, warm kernel", kernel, load, "provision-again"));
    return results;
  }

  /** All instances arrive; returns how long that took. */
  private double arrive(Kernel kernel, Child load, List<Result> results) {
    Result provisioned = provisioned("provision, new kernel", kernel, load, "provision");
    results.add(provisioned);
    double provisioning = instances / provisioned.ours().perSecond();
    output.note("provisioned in %.1f s".formatted(provisioning));
    double connecting = seconds(load.ask("connect", new JsonObject(), PHASE_LIMIT));
    output.note("connected, registered and watching in %.1f s more".formatted(connecting));
    load.ask("settle", new JsonObject(), PHASE_LIMIT);
    double total = provisioning + connecting;
    results.add(timed("provision, connect, register, watch", total, MAX_SECONDS));
    return total;
  }

  private JsonObject fleet(Kernel kernel) {
    JsonArray keys = new JsonArray();
    for (int i = 0; i < services; i++) {
      keys.add(kernel.createService("bench-%03d".formatted(i)));
    }
    return new JsonObject().put("url", kernel.grpc()).put("keys", keys).put("instances", instances);
  }

  private static double seconds(JsonObject answer) {
    return answer.getDouble("seconds");
  }

  /** One certificate for each instance. */
  private Result provisioned(String name, Kernel kernel, Child load, String command) {
    long cpuBefore = kernel.child().cpuNanos();
    long loadBefore = load.cpuNanos();
    JsonObject answer = load.ask(command, new JsonObject(), PHASE_LIMIT);
    double seconds = seconds(answer);
    double cpu = (kernel.child().cpuNanos() - cpuBefore) / 1e9;
    double loadCpu = (load.cpuNanos() - loadBefore) / 1e9;
    double rate = instances / seconds;
    return new Result(
        name,
        Result.Figures.rate(rate),
        null,
        Map.of(
            "figure",
            "%,.0f/s".formatted(rate),
            "seconds",
            seconds,
            "kernel_cpu_seconds",
            cpu,
            "load_cpu_seconds",
            loadCpu,
            "bound",
            "at least %.0f/s".formatted(MIN_PROVISIONS),
            "met",
            rate >= MIN_PROVISIONS));
  }

  private Result timed(String name, double seconds, double bound) {
    return new Result(
        name,
        Result.Figures.rate(instances / seconds),
        null,
        Map.of(
            "figure",
            "%.2f s".formatted(seconds),
            "seconds",
            seconds,
            "bound",
            "at most %.0f s".formatted(bound),
            "met",
            seconds <= bound));
  }

  private static Result memory(double rate, Kernel.Memory idle, Kernel.Memory memory) {
    return new Result(
        "resident memory of the kernel, peak",
        Result.Figures.rate(rate),
        null,
        Map.of(
            "figure", "%.0f MiB".formatted(memory.peak()),
            "mebibytes", memory.peak(),
            "mebibytes_idle", idle.now(),
            "mebibytes_end", memory.now(),
            "bound", "below %.0f MiB".formatted(MAX_MEBIBYTES),
            "met", memory.peak() < MAX_MEBIBYTES));
  }
}
