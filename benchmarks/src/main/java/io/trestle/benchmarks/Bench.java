package io.trestle.benchmarks;

import io.vertx.core.json.JsonObject;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code trestle bench}: {@code rpc}, {@code sessions}, {@code policy}, {@code start}, {@code
 * pipeline}, {@code events}, {@code backlog}. The table goes to standard output, progress to
 * standard error; with {@code --json -} standard output holds one JSON value instead, an error too.
 * Blocking; nothing is left running.
 */
public final class Bench {
  private static final int FAILED = 1;
  private static final int USAGE = 2;

  private Bench() {}

  /**
   * Runs a benchmark on the standard streams.
   *
   * @return the exit code: 0 when it was measured, 1 when not, 2 for wrong arguments
   */
  public static int run(String[] args) {
    return run(args, System.out, System.err);
  }

  /** Runs a benchmark on other streams. */
  public static int run(String[] args, PrintStream out, PrintStream err) {
    PrintWriter writer = new PrintWriter(out, true, StandardCharsets.UTF_8);
    if (!JsonTarget.isStandardOutput(args)) {
      return commandLine(new Output(out, err), writer).execute(args);
    }
    Output words = new Output(err, err);
    return commandLine(words, writer)
        .setParameterExceptionHandler((e, given) -> toldAsJson(words, out, e))
        .setExecutionExceptionHandler((e, command, parsed) -> toldAsJson(words, out, e))
        .execute(args);
  }

  private static CommandLine commandLine(Output output, PrintWriter out) {
    CommandLine line =
        new CommandLine(new Root())
            .addSubcommand(new RpcCommand(output))
            .addSubcommand(new SessionsCommand(output))
            .addSubcommand(new StartCommand(output))
            .addSubcommand(new PolicyCommand(output))
            .addSubcommand(new PipelineCommand(output))
            .addSubcommand(new EventsCommand(output))
            .addSubcommand(new BacklogCommand(output));
    return line.setOut(out)
        .setErr(new PrintWriter(output.err(), true, StandardCharsets.UTF_8))
        .setParameterExceptionHandler((e, args) -> misused(output, e))
        .setExecutionExceptionHandler((e, command, parsed) -> failed(output, e));
  }

  private static int toldAsJson(Output output, PrintStream out, Exception e) {
    boolean usage = e instanceof ParameterException;
    int exit = usage ? misused(output, (ParameterException) e) : failed(output, e);
    String code = usage ? "invalid_argument" : "internal";
    out.println(
        new JsonObject()
            .put("code", code)
            .put("message", String.valueOf(e.getMessage()))
            .encodePrettily());
    return exit;
  }

  private static int misused(Output output, ParameterException e) {
    output.note("bench: " + e.getMessage());
    e.getCommandLine().usage(output.err());
    return USAGE;
  }

  private static int failed(Output output, Exception e) {
    output.note("bench: " + (e instanceof BenchException ? e.getMessage() : e.toString()));
    return FAILED;
  }

  @Command(
      name = "bench",
      mixinStandardHelpOptions = true,
      description = "Measures on a kernel of its own.")
  private static final class Root implements Runnable {
    @Spec CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
      throw new ParameterException(
          spec.commandLine(),
          "no benchmark named"
              + " (expected: rpc, sessions, policy, start, pipeline, events or backlog)");
    }
  }
}
