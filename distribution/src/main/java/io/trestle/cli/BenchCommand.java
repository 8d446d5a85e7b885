package io.trestle.cli;

import io.trestle.benchmarks.Bench;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;

/** {@code trestle bench}: benchmarks on a kernel of their own; they read their own arguments. */
@Command(name = "bench", description = "Benchmarks: NAME, --json FILE.")
final class BenchCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Unmatched List<String> rest = new ArrayList<>();

  @Override
  public Integer call() {
    return Bench.run(rest.toArray(String[]::new));
  }
}
