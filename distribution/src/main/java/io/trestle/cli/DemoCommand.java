package io.trestle.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;

/** {@code trestle demo}: the example with a kernel of its own; it reads its own arguments. */
@Command(name = "demo", description = "A small shop on a kernel of its own: --once, --orders FILE.")
final class DemoCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Unmatched List<String> rest = new ArrayList<>();

  @Override
  public Integer call() {
    throw CliFailure.failed("unimplemented", "demo: not in this version");
  }
}
