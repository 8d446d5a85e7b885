package io.trestle.cli;

import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What every command is given: the terminal, the environment, the global options.
 *
 * @param environment variables of the process
 * @param home the checkout, or the directory in which the program was started
 * @param globals options that any command takes
 */
record Cli(Terminal terminal, Map<String, String> environment, Path home, Globals globals) {
  private static final String STATE = "TRESTLE_STATE";

  /** {@code --state}, else {@code TRESTLE_STATE}, else {@code .trestle} in the checkout. */
  Path stateRoot() {
    Path flag = globals.state;
    if (flag != null) {
      return flag;
    }
    String variable = environment.get(STATE);
    return variable == null || variable.isBlank() ? home.resolve(".trestle") : Path.of(variable);
  }

  /**
   * A client of the kernel that is meant.
   *
   * @throws CliFailure when there is none
   */
  AdminClient admin() {
    return new AdminClient(finder().find());
  }

  /** Whether the person said which kernel. */
  boolean isKernelGiven() {
    return given(globals.address)
        || given(environment.get("TRESTLE_ADDR"))
        || given(environment.get("SB_ADDR"));
  }

  private static boolean given(@Nullable String text) {
    return text != null && !text.isBlank();
  }

  private KernelFinder finder() {
    return new KernelFinder(environment, stateRoot(), globals.address, globals.tokenFile);
  }
}
