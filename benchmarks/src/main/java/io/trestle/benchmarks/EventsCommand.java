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
 * {@code bench events}: events that are published, stored with a synced commit, delivered and
 * acknowledged. The rate is that of deliveries, from the first publish to the last delivery; the
 * latency is that from publish to handler.
 */
@Command(
    name = "events",
    mixinStandardHelpOptions = true,
    description = "Events published, stored, delivered and acknowledged per second.")
final class EventsCommand implements Callable<Integer> {
  private static final Duration START_LIMIT = Duration.ofMinutes(1);
  private static final Duration GRACE = Duration.ofMinutes(2);
  private static final List<String> KERNEL_FLAGS = List.of("-Xmx512m");
  private static final List<String> FLAGS = List.of("-Xms512m", "-Xmx512m");
  private static final int SERVICES = 5;
  private static final double TURN_SECONDS = 3;

  /** Compilation that does not matter any more: seconds of it in each second. */
  private static final double QUIET = 0.08;

  private final Output output;
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin JsonTarget json = new JsonTarget();
  @Mixin Rounds rounds = new Rounds(3);

  @Option(
      names = "--outstanding",
      split = ",",
      defaultValue = "1,50,1000",
      description = "Publishes under way at a time (default ${DEFAULT-VALUE}).")
  List<Integer> outstanding = List.of();

  @Option(
      names = "--size",
      converter = Size.Converter.class,
      defaultValue = "1KiB",
      description = "Payload of an event (default ${DEFAULT-VALUE}).")
  Size size = new Size(1 << 10);

  @Option(
      names = "--warm-up",
      defaultValue = "120",
      description =
          "Most seconds of warm-up; it ends when little is compiled any more"
              + " (default ${DEFAULT-VALUE}, 0 for none).")
  double warmUp;

  @Option(
      names = "--rate",
      defaultValue = "2400",
      description = "Events each second of the open loop (default ${DEFAULT-VALUE}).")
  double rate;

  @Option(
      names = "--only",
      split = ",",
      description = "Cases: closed, fanout, wildcard, keyed, open (default: all).")
  List<String> only = List.of();

  EventsCommand(Output output) {
    this.output = output;
  }

  /** One way to publish. */
  private record Case(
      String name, String event, int concurrent, int fanOut, int keys, double rate) {
    static Case closed(String name, String event, int concurrent) {
      return new Case(name, event, concurrent, 1, 0, 0);
    }
  }

  private record Actors(Child kernel, Child publisher, Child subscriber) {
    Cost cost() {
      return Cost.of(List.of(kernel, publisher, subscriber));
    }
  }

  @Override
  public Integer call() {
    Bounds bounds = new Bounds(spec);
    rounds.check(bounds);
    bounds.within("--warm-up", warmUp, 0, 600);
    bounds.within("--rate", rate, 1, 1_000_000);
    bounds.within("--size", size.bytes(), 8, 512 << 10);
    outstanding.forEach(count -> bounds.within("--outstanding", count, 1, 10_000));
    json.check();
    List<Result> results = new ArrayList<>();
    try (Workspace workspace = Workspace.create()) {
      Actors actors = start(workspace);
      warmUp(actors);
      double peak = 0;
      for (Case way : cases()) {
        Result result = run(actors, way);
        peak = Math.max(peak, result.ours().perSecond());
        results.add(result);
      }
      if (isWanted("open")) {
        results.add(run(actors, new Case("open loop", "one", 0, 1, 0, rate)));
        results.add(run(actors, new Case("open loop, half of the peak", "one", 0, 1, 0, peak / 2)));
      }
    }
    Table.of(results).lines().forEach(output::say);
    json.write(results);
    return 0;
  }

  /**
   * Runs all cases in turns. Three JVMs on few cores compile for a minute and more, and meanwhile
   * they take as much from the measured work as they use.
   */
  private void warmUp(Actors actors) {
    List<Case> ways = cases().isEmpty() ? List.of(Case.closed("all", "one", 100)) : cases();
    long end = System.nanoTime() + Math.round(warmUp * 1e9);
    double compiling = 1;
    while (System.nanoTime() < end && compiling > QUIET) {
      Cost before = actors.cost();
      long begin = System.nanoTime();
      for (Case way : ways) {
        double left = (end - System.nanoTime()) / 1e9;
        if (left > 0) {
          measure(actors, way, Math.min(left, TURN_SECONDS));
        }
      }
      double millis = (System.nanoTime() - begin) / 1e6;
      compiling = actors.cost().since(before).compileMillis() / millis;
      output.note("warming up: compilers at work for %.2f s of a second".formatted(compiling));
    }
  }

  private boolean isWanted(String name) {
    return only.isEmpty() || only.contains(name);
  }

  private List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    if (isWanted("closed")) {
      outstanding.forEach(n -> cases.add(Case.closed(n + " outstanding", "one", n)));
    }
    if (isWanted("fanout")) {
      cases.add(new Case("50 outstanding, fan-out 5", "five", 50, SERVICES, 0, 0));
    }
    if (isWanted("wildcard")) {
      cases.add(Case.closed("30 outstanding, wildcard", "wild.a.b", 30));
    }
    if (isWanted("keyed")) {
      cases.add(new Case("1000 outstanding, 1000 keys", "one", 1_000, 1, 1_000, 0));
    }
    return cases;
  }

  private Actors start(Workspace workspace) {
    output.note("starting a kernel, a publisher and a subscriber");
    Kernel kernel = Kernel.start(workspace, "kernel", KERNEL_FLAGS);
    Child subscriber = workspace.start("event-subscriber", FLAGS);
    JsonArray services = new JsonArray();
    for (int i = 0; i < SERVICES; i++) {
      JsonArray patterns = new JsonArray().add("five");
      if (i == 0) {
        patterns.add("one").add("wild.#");
      }
      String key = kernel.createService("bench-consumer-" + i);
      services.add(new JsonObject().put("key", key).put("patterns", patterns));
    }
    JsonObject where = new JsonObject().put("url", kernel.grpc());
    subscriber.ask("start", where.copy().put("services", services), START_LIMIT);
    Child publisher = workspace.start("event-publisher", FLAGS);
    JsonArray names = new JsonArray().add("one").add("five").add("wild.a.b");
    String key = kernel.createService("bench-publisher");
    publisher.ask("start", where.copy().put("key", key).put("events", names), START_LIMIT);
    return new Actors(kernel.child(), publisher, subscriber);
  }

  private Result run(Actors actors, Case way) {
    List<Sample> samples = new ArrayList<>();
    for (int round = 0; round < rounds.count(); round++) {
      Sample sample = measure(actors, way, rounds.seconds());
      samples.add(sample);
      output.note(
          "%s, round %d of %d: %s/s, p99 %s ms"
              .formatted(
                  way.name(),
                  round + 1,
                  rounds.count(),
                  Table.number(sample.perSecond(), 0),
                  Table.number(sample.p99Millis(), 2)));
    }
    return new Result(
        way.name() + " " + size,
        Sample.median(samples),
        null,
        Map.of("rounds", rounds.count(), "outstanding", way.concurrent(), "rate", way.rate()));
  }

  private Sample measure(Actors actors, Case way, double length) {
    JsonObject question =
        new JsonObject()
            .put("event", way.event())
            .put("size", size.bytes())
            .put("concurrent", way.concurrent())
            .put("keys", way.keys())
            .put("rate", way.rate())
            .put("millis", Math.round(length * 1000));
    Duration limit = GRACE.plusMillis(Math.round(length * 1000));
    actors.subscriber().ask("reset", new JsonObject(), limit);
    Cost before = actors.cost();
    String command = way.rate() > 0 ? "pace" : "run";
    JsonObject published = actors.publisher().ask(command, question, limit);
    long wanted = published.getLong("count") * way.fanOut();
    JsonObject handled =
        actors.subscriber().ask("await", new JsonObject().put("count", wanted), limit);
    if (handled.getLong("count") < wanted) {
      throw new BenchException(
          "%s: %d of %d deliveries came".formatted(way.name(), handled.getLong("count"), wanted));
    }
    JsonObject answer =
        handled
            .copy()
            .put("nanos", handled.getLong("last") - published.getLong("begin"))
            .put("failed", published.getLong("failed"))
            .put("failure", published.getString("failure"));
    return Sample.of(answer, actors.cost().since(before));
  }
}
