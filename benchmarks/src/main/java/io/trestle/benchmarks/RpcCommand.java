package io.trestle.benchmarks;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code bench rpc}: unary echo and server streams over mutual TLS, our SDK directly and through
 * the runtime beside plain grpc-java. The operation of a stream is the whole stream.
 *
 * <p>All contenders run during the whole benchmark, each client and each server in a JVM of its own
 * with the same flags, and are measured in turn, round by round, in changing order: what else the
 * machine does hits all of them alike, and the median over the rounds drops the rounds it hits
 * most.
 */
@Command(
    name = "rpc",
    mixinStandardHelpOptions = true,
    description = "Unary echo and server streams over mutual TLS beside grpc-java.")
final class RpcCommand implements Callable<Integer> {
  private static final String PEER = "grpc-java";
  private static final String ECHO = "bench-echo";
  private static final String CALLER = "bench-caller";
  private static final int RULES = 10;
  private static final Duration START_LIMIT = Duration.ofMinutes(1);
  private static final Duration GRACE = Duration.ofMinutes(1);
  private static final List<String> KERNEL_FLAGS = List.of("-Xmx512m");
  private static final List<String> FLAGS = List.of("-Xms1g", "-Xmx1g", "-XX:+UseG1GC");

  private final Output output;
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin JsonTarget json = new JsonTarget();
  @Mixin Rounds rounds = new Rounds(5);

  @Option(
      names = "--warm-up",
      defaultValue = "5",
      description = "Seconds before the first round of each size (default ${DEFAULT-VALUE}).")
  double warmUp;

  @Option(
      names = "--concurrent",
      defaultValue = "24",
      description = "Calls under way at a time (default ${DEFAULT-VALUE}).")
  int concurrent;

  @Option(
      names = "--size",
      split = ",",
      converter = Size.Converter.class,
      defaultValue = "1KiB,10KiB,100KiB,1MiB",
      description = "Payload sizes (default ${DEFAULT-VALUE}).")
  List<Size> sizes = List.of();

  @Option(
      names = "--stream-size",
      split = ",",
      converter = Size.Converter.class,
      defaultValue = "1KiB",
      description = "Sizes of the chunks of streams (default ${DEFAULT-VALUE}).")
  List<Size> streamSizes = List.of();

  @Option(
      names = "--chunks",
      defaultValue = "1000",
      description = "Chunks of a stream, 0 for no streams (default ${DEFAULT-VALUE}).")
  int chunks;

  @Option(names = "--no-proxied", description = "Leaves the calls through the runtime out.")
  boolean withoutProxied;

  RpcCommand(Output output) {
    this.output = output;
  }

  /** One side of the comparison, with its rounds of the current size. */
  private record Contender(
      String name, String transport, Child client, List<Child> others, List<Sample> samples) {
    Contender(String name, String transport, Child client, Child... others) {
      this(name, transport, client, List.of(others), new ArrayList<>());
    }

    Cost cost() {
      return Cost.of(others).plus(client.cost());
    }
  }

  private record Contenders(Contender direct, Contender peer, Contender proxied) {
    List<Contender> all(boolean withoutProxied) {
      List<Contender> all = new ArrayList<>(List.of(direct, peer));
      if (!withoutProxied) {
        all.add(proxied);
      }
      return all;
    }
  }

  @Override
  public Integer call() {
    Bounds bounds = new Bounds(spec);
    rounds.check(bounds);
    bounds.within("--warm-up", warmUp, 0, 600);
    bounds.within("--concurrent", concurrent, 1, 256);
    bounds.within("--chunks", chunks, 0, 1_000_000);
    json.check();
    List<Result> results;
    try (Workspace workspace = Workspace.create()) {
      Contenders contenders = start(workspace);
      results = new ArrayList<>();
      for (Load load : loads()) {
        results.addAll(compare(contenders, load));
      }
    }
    Table.of(results).lines().forEach(output::say);
    json.write(results);
    return 0;
  }

  private List<Load> loads() {
    List<Load> loads = new ArrayList<>(sizes.stream().map(Load::echo).toList());
    if (chunks > 0) {
      streamSizes.forEach(size -> loads.add(new Load(size, chunks)));
    }
    return loads;
  }

  private Contenders start(Workspace workspace) {
    output.note("starting a kernel and the contenders");
    Kernel kernel = Kernel.start(workspace, "kernel", KERNEL_FLAGS);
    JsonObject echo = access(kernel, ECHO);
    JsonObject caller = access(kernel, CALLER);
    govern(kernel);
    Child sdkServer = workspace.start("sdk-server", FLAGS);
    Child sdkClient = workspace.start("sdk-client", FLAGS);
    Child grpcServer = workspace.start("grpc-server", FLAGS);
    Child grpcClient = workspace.start("grpc-client", FLAGS);
    sdkServer.ask("start", echo, START_LIMIT);
    sdkClient.ask("start", caller.copy().put("service", ECHO), START_LIMIT);
    JsonObject served = grpcServer.ask("start", echo, START_LIMIT);
    grpcClient.ask("start", caller.copy().put("port", served.getInteger("port")), START_LIMIT);
    return new Contenders(
        new Contender("direct", "DIRECT", sdkClient, sdkServer),
        new Contender(PEER, "", grpcClient, grpcServer),
        new Contender("proxied", "PROXY", sdkClient, sdkServer, kernel.child()));
  }

  /** Ten rules each way for both; one of ten lets the calls through, to everything of the other. */
  private static void govern(Kernel kernel) {
    for (String service : List.of(ECHO, CALLER)) {
      String peer = service.equals(ECHO) ? CALLER : ECHO;
      JsonArray targets = new JsonArray();
      for (int i = 1; i < RULES; i++) {
        targets.add(peer + "/nothing-" + i);
      }
      targets.add(peer + "/*");
      kernel.setPolicy(
          new JsonObject()
              .put("name", service)
              .put("rules", new JsonObject().put("rpc.call", targets).put("rpc.handle", targets)));
    }
  }

  private static JsonObject access(Kernel kernel, String service) {
    return new JsonObject().put("url", kernel.grpc()).put("key", kernel.createService(service));
  }

  private List<Result> compare(Contenders contenders, Load load) {
    List<Contender> all = contenders.all(withoutProxied);
    for (Contender contender : all) {
      contender.samples().clear();
      if (warmUp > 0) {
        measure(contender, load, warmUp);
      }
    }
    for (int round = 0; round < rounds.count(); round++) {
      Collections.rotate(all, 1);
      for (Contender contender : all) {
        Sample sample = measure(contender, load, rounds.seconds());
        contender.samples().add(sample);
        String rate = Table.number(sample.perSecond(), 0);
        output.note(
            "%s round %d of %d: %s %s/s"
                .formatted(load, round + 1, rounds.count(), contender.name(), rate));
      }
    }
    Result.Peer peer = new Result.Peer(PEER, Sample.median(contenders.peer().samples()));
    List<Result> results = new ArrayList<>();
    results.add(result(contenders.direct(), load, peer));
    if (!withoutProxied) {
      results.add(result(contenders.proxied(), load, peer));
    }
    return results;
  }

  private Result result(Contender ours, Load load, Result.Peer peer) {
    return new Result(
        ours.name() + " " + load,
        Sample.median(ours.samples()),
        peer,
        Map.of("rounds", rounds.count(), "concurrent", concurrent));
  }

  private Sample measure(Contender contender, Load load, double length) {
    JsonObject question =
        new JsonObject()
            .put("transport", contender.transport())
            .put("size", load.size().bytes())
            .put("chunks", load.chunks())
            .put("concurrent", concurrent)
            .put("millis", Math.round(length * 1000));
    Duration limit = GRACE.plusMillis(Math.round(length * 1000));
    Cost before = contender.cost();
    JsonObject answer = contender.client().ask("run", question, limit);
    return Sample.of(answer, contender.cost().since(before));
  }
}
