package io.trestle.benchmarks;

import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
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
  private static final Duration GRACE = Duration.ofMinutes(2);

  /** A broker that cannot follow our rate may take so many times as long. */
  private static final int PATIENCE = 12;

  private static final List<String> KINDS =
      List.of("closed", "fanout", "wildcard", "keyed", "open");

  /** A shorter turn might end before anything of it does. */
  private static final double LEAST_SECONDS = 0.5;

  private final Output output;
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin JsonTarget json = new JsonTarget();
  @Mixin Rounds rounds = new Rounds(3);
  @Mixin WarmUp warmUp = new WarmUp(120);

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
      names = "--rate",
      defaultValue = "2400",
      description = "Events each second of the open loop (default ${DEFAULT-VALUE}).")
  double rate;

  @Option(
      names = "--fan-out",
      split = ",",
      defaultValue = "1,2,3,4,5",
      description = "Consumers of each event, 50 publishes under way (default ${DEFAULT-VALUE}).")
  List<Integer> fanOut = List.of();

  @Option(
      names = "--only",
      split = ",",
      description =
          "Cases: closed, fanout, wildcard (a subscription to wild.#, 30 publishes under way),"
              + " keyed, open (default: all). The open loop at half of the peak needs closed.")
  List<String> only = List.of();

  @Option(
      names = "--rabbitmq",
      defaultValue = "amqp://localhost:5672",
      description = "RabbitMQ to compare with, if it listens there (default ${DEFAULT-VALUE}).")
  URI rabbitmq = URI.create("amqp://localhost:5672");

  @Option(
      names = "--nats",
      defaultValue = "nats://localhost:4222",
      description =
          "NATS JetStream to compare with, if it listens there (default ${DEFAULT-VALUE}).")
  URI nats = URI.create("nats://localhost:4222");

  EventsCommand(Output output) {
    this.output = output;
  }

  /** One way to publish. */
  private record Case(
      String name, String event, int concurrent, int fanOut, int keys, double rate) {
    static Case closed(int concurrent) {
      return new Case(concurrent + " outstanding", "one", concurrent, 1, 0, 0);
    }

    static Case wide(int consumers) {
      String name = "50 outstanding, fan-out " + consumers;
      return new Case(name, EventContender.fan(consumers), 50, consumers, 0, 0);
    }

    static Case open(String name, double rate) {
      return new Case(name, "one", 0, 1, 0, rate);
    }

    /** Whether it tells how much one consumer can get, without more to do for an event. */
    boolean isClosed() {
      return event.equals("one") && keys == 0 && concurrent > 0;
    }
  }

  @Override
  public Integer call() {
    Bounds bounds = new Bounds(spec);
    rounds.check(bounds);
    warmUp.check(bounds);
    bounds.within("--rate", rate, 1, 1_000_000);
    bounds.within("--size", size.bytes(), 8, 512 << 10);
    reachable("--rabbitmq", rabbitmq);
    reachable("--nats", nats);
    outstanding.forEach(count -> bounds.within("--outstanding", count, 1, 10_000));
    fanOut.forEach(count -> bounds.within("--fan-out", count, 1, 20));
    only.forEach(this::known);
    json.check();
    List<Result> results = new ArrayList<>();
    try (Workspace workspace = Workspace.create()) {
      output.note("starting a kernel, a publisher and a subscriber");
      List<EventContender> contenders = contenders(workspace);
      warmUp(contenders);
      double peak = 0;
      for (Case way : cases()) {
        List<Result> compared = run(contenders, way);
        peak = way.isClosed() ? Math.max(peak, compared.get(0).ours().perSecond()) : peak;
        results.addAll(compared);
      }
      if (isWanted("open")) {
        results.addAll(run(contenders, Case.open("open loop", rate)));
      }
      if (isWanted("open") && peak > 0) {
        results.addAll(run(contenders, Case.open("open loop, half of the peak", peak / 2)));
      }
    }
    Table.of(results).lines().forEach(output::say);
    json.write(results);
    return 0;
  }

  /** Runs cases in turns; one fan-out is enough. */
  private void warmUp(List<EventContender> contenders) {
    List<Case> ways = new ArrayList<>(cases());
    ways.removeIf(way -> way.fanOut() > 1 && way.fanOut() < consumers());
    if (ways.isEmpty()) {
      ways.add(Case.closed(100));
    }
    warmUp.run(output, left -> turn(contenders, ways, left));
  }

  private double turn(List<EventContender> contenders, List<Case> ways, DoubleSupplier left) {
    double seconds = 0;
    long compileMillis = 0;
    for (Case way : ways) {
      double length = Math.min(left.getAsDouble(), WarmUp.TURN_SECONDS);
      if (length > LEAST_SECONDS) {
        Cost before = contenders.get(0).cost();
        contenders.forEach(each -> measure(each, way, length));
        compileMillis += contenders.get(0).cost().since(before).compileMillis();
        seconds += length;
      }
    }
    return compileMillis / 1e3 / Math.max(seconds, LEAST_SECONDS);
  }

  private boolean isWanted(String name) {
    return only.isEmpty() || only.contains(name);
  }

  private List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    if (isWanted("closed")) {
      outstanding.forEach(n -> cases.add(Case.closed(n)));
    }
    if (isWanted("fanout")) {
      fanOut.forEach(n -> cases.add(Case.wide(n)));
    }
    if (isWanted("wildcard")) {
      cases.add(new Case("30 outstanding, wildcard", "wild.a.b", 30, 1, 0, 0));
    }
    if (isWanted("keyed")) { // brokers keep no lanes: they only carry the same load
      cases.add(new Case("1000 outstanding, 1000 keys", "one", 1_000, 1, 1_000, 0));
    }
    return cases;
  }

  private int consumers() {
    return fanOut.stream().mapToInt(n -> n).max().orElse(1);
  }

  private void known(String kind) {
    if (!KINDS.contains(kind)) {
      throw new ParameterException(
          spec.commandLine(), "--only: " + kind + " (expected: " + String.join(", ", KINDS) + ")");
    }
  }

  private void reachable(String option, URI uri) {
    if (uri.getHost() == null || uri.getPort() < 0) {
      throw new ParameterException(
          spec.commandLine(), option + ": " + uri + " (expected: scheme://host:port)");
    }
  }

  /** Ours first. */
  private List<EventContender> contenders(Workspace workspace) {
    List<EventContender> all = new ArrayList<>();
    int consumers = consumers();
    all.add(EventContender.trestle(workspace, consumers));
    EventContender.broker(workspace, "rabbitmq", "rabbit", rabbitmq, consumers, output)
        .ifPresent(all::add);
    EventContender.broker(workspace, "nats", "nats", nats, consumers, output).ifPresent(all::add);
    return all;
  }

  /** One result for each peer, or one without. */
  private List<Result> run(List<EventContender> contenders, Case way) {
    List<List<Sample>> samples =
        contenders.stream().map(c -> (List<Sample>) new ArrayList<Sample>()).toList();
    for (int round = 0; round < rounds.count(); round++) {
      for (int i = 0; i < contenders.size(); i++) {
        Sample sample = measure(contenders.get(i), way, rounds.seconds());
        samples.get(i).add(sample);
        note(contenders.get(i), way, round, sample);
      }
    }
    Result.Figures ours = Sample.median(samples.get(0));
    List<Result> results = new ArrayList<>();
    for (int i = 1; i < contenders.size(); i++) {
      Result.Figures theirs = Sample.median(samples.get(i));
      results.add(result(way, ours, new Result.Peer(contenders.get(i).name(), theirs)));
    }
    return results.isEmpty() ? List.of(result(way, ours, null)) : results;
  }

  private void note(EventContender contender, Case way, int round, Sample sample) {
    output.note(
        "%s, %s, round %d of %d: %s/s, p99 %s ms"
            .formatted(
                way.name(),
                contender.name(),
                round + 1,
                rounds.count(),
                Table.number(sample.perSecond(), 0),
                Table.number(sample.p99Millis(), 2)));
  }

  private Result result(Case way, Result.Figures ours, Result.@Nullable Peer peer) {
    return new Result(
        way.name() + " " + size,
        ours,
        peer,
        Map.of(
            "rounds",
            rounds.count(),
            "outstanding",
            way.concurrent(),
            "fan_out",
            way.fanOut(),
            "rate",
            way.rate()));
  }

  private Sample measure(EventContender contender, Case way, double length) {
    long millis = Math.round(length * 1000);
    JsonObject question =
        new JsonObject()
            .put("event", way.event())
            .put("size", size.bytes())
            .put("concurrent", way.concurrent())
            .put("keys", way.keys())
            .put("rate", way.rate())
            .put("millis", millis);
    String command = way.rate() > 0 ? "pace" : "run";
    return contender.measure(question, command, way.fanOut(), GRACE.plusMillis(millis * PATIENCE));
  }
}
