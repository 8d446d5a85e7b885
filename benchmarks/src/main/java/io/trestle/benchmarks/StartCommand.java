package io.trestle.benchmarks;

import io.trestle.kernel.database.DatabaseOptions;
import io.trestle.kernel.database.Dsn;
import io.trestle.kernel.database.EmbeddedDatabase;
import io.trestle.kernel.database.EmbeddedOptions;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code bench start}: from the command to the ready line, with the launcher that users have, on
 * state that is there already: {@code up} with its own PostgreSQL, {@code serve} on one that runs.
 */
@Command(
    name = "start",
    mixinStandardHelpOptions = true,
    description = "Seconds from the command to the ready line.")
final class StartCommand implements Callable<Integer> {
  private static final double MAX_UP_SECONDS = 4;
  private static final double MAX_SERVE_SECONDS = 2;

  private final Output output;
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin JsonTarget json = new JsonTarget();

  @Option(
      names = "--rounds",
      defaultValue = "5",
      description = "Starts that are measured, of each kind (default ${DEFAULT-VALUE}).")
  int rounds;

  @Option(
      names = "--launcher",
      paramLabel = "FILE",
      description = "The program to start; default ./trestle of this checkout.")
  @Nullable Path launcher;

  StartCommand(Output output) {
    this.output = output;
  }

  @Override
  public Integer call() {
    new Bounds(spec).within("--rounds", rounds, 1, 100);
    json.check();
    Path program = program();
    List<Result> results;
    try (Workspace workspace = Workspace.create()) {
      results = List.of(up(workspace, program), serve(workspace, program));
    }
    Table.bounded("second start", results).lines().forEach(output::say);
    json.write(results);
    return 0;
  }

  private Path program() {
    String home = System.getProperty("trestle.home", ".");
    Path program = launcher == null ? Path.of(home, "trestle") : launcher;
    if (!Files.isExecutable(program)) {
      throw new ParameterException(
          spec.commandLine(), "--launcher: " + program + " (expected: a program)");
    }
    return program;
  }

  private Result up(Workspace workspace, Path program) {
    Map<String, String> environment =
        Map.of("TRESTLE_STATE", workspace.directory().resolve("up").toString());
    return measured(
        "up, embedded PostgreSQL", workspace, program, "up", environment, MAX_UP_SECONDS);
  }

  /** The database is started by this process, in the directory that the workspace cleans up. */
  private Result serve(Workspace workspace, Path program) {
    Vertx vertx = Vertx.vertx();
    var database = new EmbeddedDatabase(vertx, EmbeddedOptions.in(workspace.directory()));
    try {
      Dsn dsn =
          database
              .start(DatabaseOptions.standard())
              .toCompletionStage()
              .toCompletableFuture()
              .get(1, TimeUnit.MINUTES);
      Map<String, String> environment =
          Map.of(
              "TRESTLE_STATE",
              workspace.directory().resolve("serve").toString(),
              "SERVICEBRIDGE_PG_URL",
              Launched.url(dsn));
      return measured(
          "serve, PostgreSQL runs", workspace, program, "serve", environment, MAX_SERVE_SECONDS);
    } catch (Exception e) {
      throw e instanceof BenchException known
          ? known
          : new BenchException("no PostgreSQL to serve on: " + e, e);
    } finally {
      database.stop().toCompletionStage().toCompletableFuture().join();
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }

  /** The first start makes the state and is not counted. */
  private Result measured(
      String name,
      Workspace workspace,
      Path program,
      String command,
      Map<String, String> environment,
      double bound) {
    List<Double> seconds = new ArrayList<>();
    for (int round = 0; round <= rounds; round++) {
      try (Launched launched = Launched.start(workspace, program, command, environment)) {
        Duration taken = launched.untilReady();
        output.note(
            "%s, start %d of %d: %.2f s".formatted(name, round, rounds, taken.toNanos() / 1e9));
        if (round > 0) {
          seconds.add(taken.toNanos() / 1e9);
        }
      }
    }
    seconds.sort(null);
    double median = seconds.get(seconds.size() / 2);
    return new Result(
        name,
        Result.Figures.rate(1 / median),
        null,
        Map.of(
            "seconds",
            median,
            "figure",
            "median %.2f s, slowest %.2f s".formatted(median, seconds.get(seconds.size() - 1)),
            "bound",
            "below %.0f s".formatted(bound),
            "met",
            median < bound));
  }
}
