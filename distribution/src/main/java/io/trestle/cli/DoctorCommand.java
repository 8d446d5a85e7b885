package io.trestle.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code trestle doctor}: would a kernel start here, and if not, why. */
@Command(name = "doctor", description = "Checks what a start needs; takes the flags of serve.")
final class DoctorCommand implements Callable<Integer> {
  private final Cli cli;
  @Mixin private final KernelFlags flags = new KernelFlags();

  @Option(
      names = "--pg-url",
      paramLabel = "DSN",
      description = "The database to look at; else SERVICEBRIDGE_PG_URL, else the configuration.")
  private @Nullable String databaseUrl;

  DoctorCommand(Cli cli) {
    this.cli = cli;
  }

  @Override
  public Integer call() {
    List<Finding> findings =
        new Doctor(
                () -> flags.load(cli, cli.environment(), databaseUrl),
                cli.stateRoot(),
                InstantSource.system())
            .examine();
    return report(cli.terminal(), findings);
  }

  static int report(Terminal terminal, List<Finding> findings) {
    long problems = findings.stream().filter(f -> !f.good()).count();
    var json = Json.object().put("ok", problems == 0);
    ArrayNode checks = json.putArray("checks");
    StringBuilder text = new StringBuilder();
    for (Finding finding : findings) {
      checks
          .addObject()
          .put("subject", finding.subject())
          .put("ok", finding.good())
          .put("message", finding.message())
          .put("advice", finding.advice());
      text.append(line(finding));
    }
    if (problems == 0) {
      terminal.result(text.toString(), json);
      return ExitCode.DONE.number();
    }
    terminal.text(text.toString());
    terminal.failure(
        CliFailure.failed(
            "failed_precondition", problems + " of " + findings.size() + " checks failed"),
        json);
    return ExitCode.FAILED.number();
  }

  private static String line(Finding finding) {
    String line =
        (finding.good() ? "ok       " : "PROBLEM  ") + finding.subject() + ": " + finding.message();
    return line
        + (finding.advice().isEmpty() ? "" : "; " + finding.advice())
        + System.lineSeparator();
  }
}
