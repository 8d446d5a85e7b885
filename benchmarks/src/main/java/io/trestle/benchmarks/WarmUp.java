package io.trestle.benchmarks;

import java.util.function.DoubleSupplier;
import picocli.CommandLine.Option;

/**
 * {@code --warm-up}: load that is not measured, until the compilers are quiet. Three JVMs on few
 * cores compile for a minute and more, and meanwhile they take as much from the measured work as
 * they use.
 */
final class WarmUp {
  /** How long one load is put on at a time, in seconds. */
  static final double TURN_SECONDS = 3;

  /** Compilation that does not matter any more: seconds of it in each second. */
  private static final double QUIET = 0.08;

  @Option(
      names = "--warm-up",
      description =
          "Most seconds of warm-up; it ends when little is compiled any more"
              + " (default ${DEFAULT-VALUE}, 0 for none).")
  private double most;

  WarmUp(double most) {
    this.most = most;
  }

  /** Some load. */
  interface Turn {
    /**
     * Puts it on.
     *
     * @param left seconds until the warm-up is over
     * @return seconds of compilation in each second
     */
    double run(DoubleSupplier left);
  }

  void check(Bounds bounds) {
    bounds.within("--warm-up", most, 0, 600);
  }

  void run(Output output, Turn turn) {
    long end = System.nanoTime() + Math.round(most * 1e9);
    double compiling = 1;
    while (System.nanoTime() < end && compiling > QUIET) {
      compiling = turn.run(() -> (end - System.nanoTime()) / 1e9);
      output.note("warming up: compilers at work for %.2f s of a second".formatted(compiling));
    }
  }
}
