package io.trestle.benchmarks;

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

/** {@code bench pipeline}: rows per second of the write pipeline beside a commit for each row. */
@Command(
    name = "pipeline",
    mixinStandardHelpOptions = true,
    description = "Rows per second of the write pipeline beside single-row commits.")
final class PipelineCommand implements Callable<Integer> {
  private static final String PEER = "single-row commits";
  private static final Duration GRACE = Duration.ofMinutes(1);
  private static final List<String> KERNEL_FLAGS = List.of("-Xmx512m");

  private final Output output;
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin JsonTarget json = new JsonTarget();
  @Mixin Rounds rounds = new Rounds(3);

  @Option(
      names = "--writers",
      split = ",",
      defaultValue = "1,10,100,1000",
      description = "Writes under way at a time (default ${DEFAULT-VALUE}).")
  List<Integer> writers = List.of();

  @Option(
      names = "--size",
      converter = Size.Converter.class,
      defaultValue = "1KiB",
      description = "Payload of a row (default ${DEFAULT-VALUE}).")
  Size size = new Size(1 << 10);

  PipelineCommand(Output output) {
    this.output = output;
  }

  @Override
  public Integer call() {
    Bounds bounds = new Bounds(spec);
    rounds.check(bounds);
    bounds.within("--size", size.bytes(), 1, 64 << 10);
    writers.forEach(count -> bounds.within("--writers", count, 1, 10_000));
    json.check();
    List<Result> results = new ArrayList<>();
    try (Workspace workspace = Workspace.create()) {
      output.note("starting a kernel");
      Child kernel = Kernel.start(workspace, "pipeline", KERNEL_FLAGS).child();
      measure(kernel, "pipeline", 100, rounds.seconds());
      measure(kernel, "pool", 100, rounds.seconds());
      writers.forEach(count -> results.add(compare(kernel, count)));
    }
    Table.of(results).lines().forEach(output::say);
    json.write(results);
    return 0;
  }

  private Result compare(Child kernel, int count) {
    List<Sample> ours = new ArrayList<>();
    List<Sample> theirs = new ArrayList<>();
    for (int round = 0; round < rounds.count(); round++) {
      ours.add(measure(kernel, "pipeline", count, rounds.seconds()));
      theirs.add(measure(kernel, "pool", count, rounds.seconds()));
      output.note(
          "%d writers round %d of %d: pipeline %s/s, %s %s/s"
              .formatted(
                  count,
                  round + 1,
                  rounds.count(),
                  Table.number(ours.get(round).perSecond(), 0),
                  PEER,
                  Table.number(theirs.get(round).perSecond(), 0)));
    }
    return new Result(
        count + (count == 1 ? " writer " : " writers ") + size,
        Sample.median(ours),
        new Result.Peer(PEER, Sample.median(theirs)),
        Map.of("rounds", rounds.count(), "writers", count));
  }

  private Sample measure(Child kernel, String way, int count, double length) {
    JsonObject question =
        new JsonObject()
            .put("way", way)
            .put("size", size.bytes())
            .put("concurrent", count)
            .put("millis", Math.round(length * 1000));
    Cost before = kernel.cost();
    Duration limit = GRACE.plusMillis(Math.round(length * 1000));
    JsonObject answer = kernel.ask("run", question, limit);
    return Sample.of(answer, kernel.cost().since(before));
  }
}
