package io.trestle.cli;

import io.trestle.examples.orderflow.demo.Demo;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code trestle demo}: the example with a kernel of its own (foundation.md 8). */
@Command(
    name = "demo",
    description = "A small shop on a kernel of its own; one of its processes gets killed.")
final class DemoCommand implements Callable<Integer> {
  private final Cli cli;

  @Option(
      names = "--once",
      description = "Ends after the report: 0 only when all orders and events did as they must.")
  boolean once;

  @Option(
      names = "--orders",
      paramLabel = "FILE",
      description = "Orders of your own, one JSON object a line.")
  @Nullable Path orders;

  DemoCommand(Cli cli) {
    this.cli = cli;
  }

  @Override
  public Integer call() {
    List<String> args = new ArrayList<>(List.of("--state", cli.stateRoot().toString()));
    args.addAll(List.of("-o", cli.globals().output.name()));
    if (once) {
      args.add("--once");
    }
    if (orders != null) {
      args.addAll(List.of("--orders", orders.toString()));
    }
    return Demo.run(args.toArray(String[]::new));
  }
}
