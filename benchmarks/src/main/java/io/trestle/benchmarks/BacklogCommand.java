package io.trestle.benchmarks;

import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code bench backlog}: a log with millions of events of the past day, all of them still to be
 * handled by one consumer that is away. What that costs those who publish, how long the kernel
 * takes to start, how fast the consumer catches up when it comes back, and what a transaction costs
 * that is open for long.
 */
@Command(
    name = "backlog",
    mixinStandardHelpOptions = true,
    description = "Publishing, starting and catching up with a consumer that is far behind.")
final class BacklogCommand implements Callable<Integer> {
  private static final double LEAST_SECONDS = 0.1;
  private static final double NOTE_SECONDS = 5;
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private final Output output;
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin JsonTarget json = new JsonTarget();
  @Mixin Rounds rounds = new Rounds(5);
  @Mixin WarmUp warmUp = new WarmUp(60);

  @Option(
      names = "--events",
      defaultValue = "10000000",
      description = "Events that wait for the consumer (default ${DEFAULT-VALUE}).")
  long events;

  @Option(
      names = "--size",
      converter = Size.Converter.class,
      defaultValue = "1KiB",
      description = "Payload of an event (default ${DEFAULT-VALUE}).")
  Size size = new Size(1 << 10);

  @Option(
      names = "--outstanding",
      defaultValue = "100",
      description = "Publishes under way at a time (default ${DEFAULT-VALUE}).")
  int outstanding;

  @Option(
      names = "--idle-seconds",
      defaultValue = "60",
      description = "How long a transaction is left open (default ${DEFAULT-VALUE}).")
  double idleSeconds;

  @Option(
      names = "--catch-up-seconds",
      defaultValue = "60",
      description =
          "Most seconds for which the consumer catches up alone; half of the events are enough"
              + " (default ${DEFAULT-VALUE}).")
  double catchUpSeconds;

  BacklogCommand(Output output) {
    this.output = output;
  }

  @Override
  public Integer call() {
    Bounds bounds = new Bounds(spec);
    rounds.check(bounds);
    bounds.within("--events", (double) events, 1_000, 1_000_000_000);
    bounds.within("--size", size.bytes(), 8, 512 << 10);
    bounds.within("--outstanding", outstanding, 1, 10_000);
    bounds.within("--idle-seconds", idleSeconds, LEAST_SECONDS, 3_600);
    bounds.within("--catch-up-seconds", catchUpSeconds, LEAST_SECONDS, 3_600);
    warmUp.check(bounds);
    json.check();
    List<Result> results;
    try (Workspace workspace = Workspace.create()) {
      results = measure(workspace);
    }
    String heading = "case (%,d events of %s)".formatted(events, size);
    BacklogReport.table(heading, results).lines().forEach(output::say);
    json.write(results);
    return 0;
  }

  private List<Result> measure(Workspace workspace) {
    List<Result> results = new ArrayList<>();
    output.note("starting a kernel, a publisher and a consumer");
    BacklogRig rig = new BacklogRig(workspace, size.bytes(), outstanding);
    warmUp(rig);
    Result before = publishing("publish, empty log", rig, null);
    results.add(before);
    rig.fill(events, filling());
    output.note("starting the kernel anew");
    results.add(BacklogReport.started(rig.restart()));
    warmUp(rig);
    Result stored = publishing("publish, consumer away", rig, before);
    results.add(stored);
    results.add(idling(rig, stored));
    catchUp(rig, stored, results);
    return results;
  }

  private LongConsumer filling() {
    long begin = System.nanoTime();
    long[] noted = {0};
    return count -> {
      if (count - noted[0] >= events / 10 || count == events) {
        noted[0] = count;
        double rate = count * 1e9 / (System.nanoTime() - begin);
        output.note("stored %,d of %,d events, %,.0f/s".formatted(count, events, rate));
      }
    };
  }

  /** After each start: the clients are new as well. */
  private void warmUp(BacklogRig rig) {
    warmUp.run(
        output,
        left -> {
          Cost before = rig.cost();
          rig.publish(WarmUp.TURN_SECONDS);
          return rig.cost().since(before).compileMillis() / 1e3 / WarmUp.TURN_SECONDS;
        });
  }

  // ---- publishing

  /**
   * Some rounds.
   *
   * @param base what the rate is to be compared with; null for nothing
   */
  private Result publishing(String name, BacklogRig rig, @Nullable Result base) {
    List<Sample> samples = new ArrayList<>();
    for (int round = 0; round < rounds.count(); round++) {
      samples.add(rig.publish(rounds.seconds()));
      output.note("%s: %,.0f/s".formatted(name, samples.get(round).perSecond()));
    }
    return BacklogReport.published(name, samples, base, outstanding());
  }

  private Map<String, Object> outstanding() {
    return Map.of("outstanding", outstanding);
  }

  /** Publishing goes on while a transaction keeps the rows that it sees from being cleaned up. */
  private Result idling(BacklogRig rig, Result base) {
    String name = "publish, idle transaction";
    List<Sample> samples = new ArrayList<>();
    long end = System.nanoTime() + Math.round(idleSeconds * 1e9);
    rig.hold();
    do {
      samples.add(rig.publish(rounds.seconds()));
      Sample last = samples.get(samples.size() - 1);
      output.note("%s: %,.0f/s".formatted(name, last.perSecond()));
    } while (System.nanoTime() < end);
    rig.letGo();
    int third = (samples.size() + 2) / 3;
    List<Sample> late = samples.subList(samples.size() - third, samples.size());
    Map<String, Object> facts = new LinkedHashMap<>(outstanding());
    facts.put("idle_seconds", idleSeconds);
    facts.put("first_third_per_s", Sample.median(samples.subList(0, third)).perSecond());
    facts.put("last_third_per_s", Sample.median(late).perSecond());
    return BacklogReport.published(name, samples, base, facts);
  }

  // ---- catching up

  /** First alone, then while others publish. */
  private void catchUp(BacklogRig rig, Result base, List<Result> results) {
    double heap = rig.heap();
    rig.kernel().forgetPeak();
    Kernel.Memory before = rig.kernel().memory();
    Child late = rig.comeBack();
    JsonObject seen = alone(rig, late);
    long count = seen.getLong("count");
    Result alone = BacklogReport.caughtUp(count, seconds(seen));
    double rate = alone.ours().perSecond();
    results.add(alone);
    results.add(both(rig, late, Math.min(rounds.seconds(), (events - count) / rate / 2), base));
    results.add(BacklogReport.memory(rate, before, rig.kernel().memory(), heap, rig.heap()));
  }

  private static double seconds(JsonObject seen) {
    return (seen.getLong("last") - seen.getLong("first")) / 1e9;
  }

  private JsonObject alone(BacklogRig rig, Child late) {
    long end = System.nanoTime() + Math.round(catchUpSeconds * 1e9);
    long enough = events / 2;
    JsonObject seen;
    do {
      double step = Math.min(NOTE_SECONDS, (end - System.nanoTime()) / 1e9);
      long millis = Math.max(1, Math.round(step * 1000));
      JsonObject question = new JsonObject().put("count", enough).put("millis", millis);
      seen = late.ask("await", question, LIMIT);
      output.note(
          "catching up: %,d delivered, kernel %.0f MiB"
              .formatted(seen.getLong("count"), rig.kernel().memory().now()));
    } while (seen.getLong("count") < enough && System.nanoTime() < end);
    if (seen.getLong("count") < 2) {
      throw new BenchException("nothing was delivered in " + catchUpSeconds + " s");
    }
    return seen;
  }

  private Result both(BacklogRig rig, Child late, double length, Result base) {
    late.ask("reset", new JsonObject(), LIMIT);
    Sample sample = rig.publish(Math.max(length, LEAST_SECONDS));
    JsonObject seen = late.ask("await", new JsonObject().put("count", 0L), LIMIT);
    double seconds = seconds(seen);
    double rate = seconds > 0 ? seen.getLong("count") / seconds : 0;
    output.note("catching up while others publish: %,.0f/s".formatted(rate));
    Map<String, Object> facts = new LinkedHashMap<>(outstanding());
    facts.put("catch_up_per_s", rate);
    return BacklogReport.published("publish, consumer catching up", List.of(sample), base, facts);
  }
}
