package io.trestle.cli;

import java.util.Set;

/**
 * A command that did not do what was asked: an exit code, a code of the Connect protocol for
 * programs, words for people. It never holds a secret.
 */
final class CliFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final Set<String> REFUSALS = Set.of("unauthenticated", "permission_denied");

  private final ExitCode exit;
  private final String code;

  CliFailure(ExitCode exit, String code, String message) {
    super(message, null, false, false);
    this.exit = exit;
    this.code = code;
  }

  static CliFailure usage(String message) {
    return new CliFailure(ExitCode.USAGE, "invalid_argument", message);
  }

  static CliFailure failed(String code, String message) {
    return new CliFailure(ExitCode.FAILED, code, message);
  }

  static CliFailure noKernel(String code, String message) {
    return new CliFailure(ExitCode.NO_KERNEL, code, message);
  }

  /** What an admin procedure answered. */
  static CliFailure answered(String code, String message) {
    ExitCode exit = REFUSALS.contains(code) ? ExitCode.REFUSED : ExitCode.FAILED;
    return new CliFailure(exit, code, message);
  }

  ExitCode exit() {
    return exit;
  }

  String code() {
    return code;
  }

  String text() {
    return String.valueOf(getMessage());
  }
}
