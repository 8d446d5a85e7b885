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
 * {@code bench policy}: services with rules, watchers of some of them, and edits one after another:
 * a rule of egress or of acceptance is taken away and given back. How long until both ends know,
 * what an edit costs the event loops of the kernel, and who was told without need.
 */
@Command(
    name = "policy",
    mixinStandardHelpOptions = true,
    description = "Edits of access policies: time until they are enforced, and what they cost.")
final class PolicyCommand implements Callable<Integer> {
  private static final List<String> KERNEL_FLAGS = List.of("-Xms64m", "-Xmx512m");
  private static final List<String> LOAD_FLAGS =
      List.of("-Xmx1g", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final String SERVICE = "bench-%04d";
  private static final String METHOD = "echo";
  private static final int NEIGHBOURS = 2;
  private static final double MAX_SECONDS = 1;
  private static final double MAX_LOOP_MILLIS = 50;

  private final Output output;
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin JsonTarget json = new JsonTarget();

  @Option(
      names = "--services",
      defaultValue = "1000",
      description = "Services (default ${DEFAULT-VALUE}).")
  int services;

  @Option(
      names = "--rules",
      defaultValue = "10",
      description = "Rules of each, half egress, half acceptance (default ${DEFAULT-VALUE}).")
  int rules;

  @Option(
      names = "--watchers",
      defaultValue = "300",
      description = "Services that have a live instance, which watches (default ${DEFAULT-VALUE}).")
  int watchers;

  @Option(
      names = "--edits",
      defaultValue = "40",
      description = "Edits, one after another (default ${DEFAULT-VALUE}).")
  int edits;

  @Option(
      names = "--quiet-millis",
      defaultValue = "300",
      description = "Silence after which no more frames are expected (default ${DEFAULT-VALUE}).")
  int quietMillis;

  private final List<Kernel.Service> fleet = new ArrayList<>();
  private final Series egress = new Series();
  private final Series acceptance = new Series();
  private final Series told = new Series();
  private final Series answered = new Series();
  private final Series loops = new Series();
  private long unneeded;

  PolicyCommand(Output output) {
    this.output = output;
  }

  /** Measured values of one kind. */
  private static final class Series {
    private final List<Double> values = new ArrayList<>();

    void add(double value) {
      values.add(value);
    }

    double median() {
      return values.isEmpty() ? 0 : values.stream().sorted().toList().get(values.size() / 2);
    }

    double most() {
      return values.stream().mapToDouble(v -> v).max().orElse(0);
    }
  }

  @Override
  public Integer call() {
    Bounds bounds = new Bounds(spec);
    bounds.within("--services", services, 4, 10_000);
    bounds.within("--rules", rules, 2 * NEIGHBOURS, 100);
    bounds.within("--watchers", watchers, 4, Math.min(services, 5_000));
    bounds.within("--edits", edits, 4, 10_000);
    bounds.within("--quiet-millis", quietMillis, 10, 60_000);
    json.check();
    List<Result> results;
    try (Workspace workspace = Workspace.create()) {
      results = measure(workspace);
    }
    Table.bounded(
            "case (%d services with %d rules, %d watchers)".formatted(services, rules, watchers),
            results)
        .lines()
        .forEach(output::say);
    json.write(results);
    return 0;
  }

  private List<Result> measure(Workspace workspace) {
    output.note("starting a kernel");
    Kernel kernel = Kernel.start(workspace, "kernel", KERNEL_FLAGS);
    output.note("making %d services with %d rules each".formatted(services, rules));
    for (int i = 0; i < services; i++) {
      fleet.add(kernel.service(SERVICE.formatted(i)));
    }
    for (int i = 0; i < services; i++) {
      JsonObject both = policy(i, "rpc.call", 1, true);
      both.getJsonObject("rules").mergeIn(policy(i, "rpc.handle", -1, true).getJsonObject("rules"));
      kernel.setPolicy(both);
    }
    Child load = workspace.start("policy-load", LOAD_FLAGS);
    load.ask("connect", watched(kernel), LIMIT);
    output.note("%d watchers are connected".formatted(watchers));
    double idle = idle(kernel, load);
    for (int i = 0; i < edits; i++) {
      edit(i, kernel, load, idle);
    }
    return results();
  }

  /**
   * Rules of a service towards its neighbours: the first two name the method, the others one that
   * nobody serves.
   *
   * @param step 1 for those it calls, -1 for those that call it
   * @param whole whether the nearest neighbour is among them
   */
  private JsonObject policy(int service, String action, int step, boolean whole) {
    JsonArray targets = new JsonArray();
    for (int i = whole ? 1 : 2; i <= rules / 2; i++) {
      String peer = fleet.get(Math.floorMod(service + step * i, services)).name();
      targets.add(peer + "/" + (i <= NEIGHBOURS ? METHOD : "m" + i));
    }
    return new JsonObject()
        .put("name", fleet.get(service).name())
        .put("rules", new JsonObject().put(action, targets));
  }

  private JsonObject watched(Kernel kernel) {
    JsonArray keys = new JsonArray();
    fleet.subList(0, watchers).forEach(service -> keys.add(service.key()));
    JsonArray names = new JsonArray();
    fleet.forEach(service -> names.add(service.name()));
    return new JsonObject()
        .put("url", kernel.grpc())
        .put("http", kernel.http())
        .put("token", kernel.token())
        .put("quiet_millis", quietMillis)
        .put("keys", keys)
        .put("names", names);
  }

  /** How busy the event loops are while nothing is edited: seconds for a second. */
  private double idle(Kernel kernel, Child load) {
    long before = kernel.loopNanos();
    double seconds = 0;
    while (seconds < 2) {
      seconds += load.ask("idle", new JsonObject(), LIMIT).getDouble("seconds");
    }
    return (kernel.loopNanos() - before) / 1e9 / seconds;
  }

  /** Of four edits two are of egress, and each second gives back what the first has taken. */
  private void edit(int number, Kernel kernel, Child load, double idle) {
    boolean allowed = number % 2 == 1;
    boolean accepting = number / 2 % 2 == 1;
    int caller = number / 2 * 7 % (watchers - 1);
    int callee = caller + 1;
    JsonObject request =
        accepting
            ? policy(callee, "rpc.handle", -1, allowed)
            : policy(caller, "rpc.call", 1, allowed);
    JsonObject question =
        new JsonObject()
            .put("acceptance", accepting)
            .put("allowed", allowed)
            .put("caller", caller)
            .put("callee", callee)
            .put("caller_id", fleet.get(caller).id())
            .put("callee_id", fleet.get(callee).id())
            .put("callee_name", fleet.get(callee).name())
            .put("request", request);
    long before = kernel.loopNanos();
    JsonObject answer = load.ask("edit", question, LIMIT);
    double spent = (kernel.loopNanos() - before) / 1e9 - idle * answer.getDouble("seconds");
    loops.add(Math.max(0, spent) * 1e3);
    answered.add(answer.getDouble("answered"));
    (accepting ? told : egress).add(answer.getDouble("caller"));
    if (accepting) {
      acceptance.add(answer.getDouble("callee"));
    }
    unneeded += answer.getLong("unneeded");
  }

  private List<Result> results() {
    return List.of(
        timed("edit is in force in the runtime", answered),
        timed("egress edit is known to the caller", egress),
        timed("acceptance edit is known to the callee", acceptance),
        timed("acceptance edit is known to the caller", told),
        new Result(
            "event-loop time of the kernel for an edit",
            Result.Figures.rate(1e3 / Math.max(0.001, loops.median())),
            null,
            Map.of(
                "figure", "%.1f ms, at most %.1f".formatted(loops.median(), loops.most()),
                "median_ms", loops.median(),
                "max_ms", loops.most(),
                "bound", "below %.0f ms".formatted(MAX_LOOP_MILLIS),
                "met", loops.most() < MAX_LOOP_MILLIS)),
        new Result(
            "frames that a watcher did not need",
            Result.Figures.rate(0),
            null,
            Map.of(
                "figure",
                "%d in %d edits".formatted(unneeded, edits),
                "frames",
                unneeded,
                "bound",
                "none",
                "met",
                unneeded == 0)));
  }

  private static Result timed(String name, Series seconds) {
    return new Result(
        name,
        Result.Figures.rate(1 / Math.max(1e-6, seconds.median())),
        null,
        Map.of(
            "figure",
            "%.1f ms, at most %.1f".formatted(seconds.median() * 1e3, seconds.most() * 1e3),
            "median_ms",
            seconds.median() * 1e3,
            "max_ms",
            seconds.most() * 1e3,
            "bound",
            "at most %.0f s".formatted(MAX_SECONDS),
            "met",
            seconds.most() <= MAX_SECONDS));
  }
}
