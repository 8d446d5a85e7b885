package io.trestle.benchmarks;

import java.io.PrintStream;

/**
 * Where a benchmark speaks.
 *
 * @param out results
 * @param err progress and errors
 */
record Output(PrintStream out, PrintStream err) {
  /** A line of the result. */
  void say(String line) {
    out.println(line.stripTrailing());
    out.flush();
  }

  /** A line of progress. */
  void note(String line) {
    err.println(line);
    err.flush();
  }
}
