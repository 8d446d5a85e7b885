package io.trestle.cli;

/** Exit codes of the command line (foundation.md 1.1). */
enum ExitCode {
  /** Done. */
  DONE(0),
  /** Failed; every error answer that has no code of its own here. */
  FAILED(1),
  /** The command was used wrongly. */
  USAGE(2),
  /** No kernel was found, or nothing listens at the address. */
  NO_KERNEL(3),
  /** Unauthenticated or permission denied. */
  REFUSED(4);

  private final int number;

  ExitCode(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }
}
