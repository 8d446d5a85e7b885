package io.trestle.examples.orderflow.demo;

import java.io.PrintStream;

/**
 * Shows how far it is: one line that is overwritten at a terminal, a line at each tenth elsewhere.
 * Thread-safe.
 */
final class Progress {
  private final PrintStream out;
  private final boolean terminal;
  private final int total;
  private int shown;

  Progress(PrintStream out, boolean terminal, int total) {
    this.out = out;
    this.terminal = terminal;
    this.total = total;
  }

  /** So many are done. */
  synchronized void done(int count) {
    if (count <= shown) {
      return;
    }
    if (terminal) {
      out.print("\r" + text(count) + (count == total ? "\n" : ""));
      out.flush();
    } else if (count == total || count * 10 / total > shown * 10 / total) {
      out.println(text(count));
    }
    shown = count;
  }

  /** Something happened that is worth a line of its own. */
  synchronized void say(String line) {
    boolean open = terminal && shown > 0 && shown < total;
    out.println((open ? "\r" : "") + line);
  }

  private String text(int count) {
    return "orders: %d of %d ended".formatted(count, total);
  }
}
