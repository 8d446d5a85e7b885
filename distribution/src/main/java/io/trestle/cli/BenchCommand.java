package io.trestle.cli;

import io.trestle.benchmarks.Bench;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;

/**
 * {@code trestle bench}: benchmarks on a kernel of their own; they read their own arguments. Of the
 * global options only {@code -o} means something to them: {@code -o json} is {@code --json -}.
 */
@Command(name = "bench", description = "Benchmarks: NAME, --json FILE.")
final class BenchCommand implements Callable<Integer> {
  private final Cli cli;
  @Spec CommandSpec spec = CommandSpec.create();
  @Unmatched List<String> rest = new ArrayList<>();

  BenchCommand(Cli cli) {
    this.cli = cli;
  }

  @Override
  public Integer call() {
    return Bench.run(arguments(cli.globals(), rest).toArray(String[]::new));
  }

  static List<String> arguments(Globals globals, List<String> own) {
    if (globals.address != null || globals.tokenFile != null || globals.state != null) {
      throw CliFailure.usage(
          "bench runs on a kernel of its own (expected: none of --addr, --token-file, --state)");
    }
    List<String> all = new ArrayList<>(own);
    boolean file = own.stream().anyMatch(a -> a.equals("--json") || a.startsWith("--json="));
    if (globals.output == Format.JSON && !file) {
      all.addAll(List.of("--json", "-"));
    }
    return all;
  }
}
