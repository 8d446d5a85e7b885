package io.trestle.benchmarks;

import picocli.CommandLine.Option;

/** {@code --seconds} and {@code --rounds}: how long, and how often, each contender is measured. */
final class Rounds {
  @Option(names = "--seconds", description = "Length of a round (default ${DEFAULT-VALUE}).")
  private double seconds = 3;

  @Option(names = "--rounds", description = "Rounds of each contender (default ${DEFAULT-VALUE}).")
  private int count;

  Rounds(int count) {
    this.count = count;
  }

  void check(Bounds bounds) {
    bounds.within("--seconds", seconds, 0.1, 600);
    bounds.within("--rounds", count, 1, 1000);
  }

  int count() {
    return count;
  }

  double seconds() {
    return seconds;
  }
}
