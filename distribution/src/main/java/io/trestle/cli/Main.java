package io.trestle.cli;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.ParseResult;

/** The program: parses the command line, runs one command, ends the process with its exit code. */
public final class Main {
  private static final String HOME = "trestle.home";

  private final Cli cli;

  private Main(Cli cli) {
    this.cli = cli;
  }

  /** Ends the process. */
  public static void main(String[] args) {
    System.exit(run(List.of(args), System.getenv(), home(), System.out, System.err));
  }

  private static Path home() {
    return Path.of(System.getProperty(HOME, "")).toAbsolutePath();
  }

  /** Runs one command and returns its exit code. */
  static int run(
      List<String> args,
      Map<String, String> environment,
      Path home,
      PrintStream out,
      PrintStream err) {
    Terminal terminal = new Terminal(out, err);
    return new Main(new Cli(terminal, environment, home, new Globals())).run(args);
  }

  private int run(List<String> given) {
    cli.terminal().format(Arguments.wantJson(given) ? Format.JSON : Format.TEXT);
    if (given.isEmpty()) {
      parser("").usage(cli.terminal().err());
      return ExitCode.USAGE.number();
    }
    List<String> arguments = Arguments.normal(given);
    return parser(arguments.get(0)).execute(arguments.toArray(String[]::new));
  }

  private CommandLine parser(String first) {
    return RootCommand.parser(cli, first)
        .setExecutionStrategy(this::execute)
        .setExecutionExceptionHandler((e, command, parsed) -> failed(e))
        .setParameterExceptionHandler((e, args) -> misused(e));
  }

  private int execute(ParseResult parsed) {
    cli.terminal().format(cli.globals().output);
    return new CommandLine.RunLast().execute(parsed);
  }

  private int misused(CommandLine.ParameterException e) {
    String command = e.getCommandLine().getCommandSpec().qualifiedName();
    return failed(CliFailure.usage(e.getMessage() + " (see: " + command + " --help)"));
  }

  private int failed(Exception e) {
    CliFailure failure =
        e instanceof CliFailure known ? known : CliFailure.failed("internal", e.toString());
    cli.terminal().failure(failure);
    return failure.exit().number();
  }
}
