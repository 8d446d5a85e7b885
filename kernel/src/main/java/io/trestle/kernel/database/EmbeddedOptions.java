package io.trestle.kernel.database;

import java.nio.file.Path;

/**
 * Where the embedded PostgreSQL lives.
 *
 * @param directory {@code <state>/embedded}: data directory, password, port, log; made with mode
 *     0700
 * @param binaries where the programs are unpacked, one folder a version; may be shared by several
 *     state directories and must not be inside {@code directory}'s data
 * @param maxConnections the budget of this process, as {@code pool_max_conns}
 */
public record EmbeddedOptions(Path directory, Path binaries, int maxConnections) {

  /**
   * System property with another directory for the programs. The build's tests set it: each makes a
   * state directory of its own, and unpacking takes seconds.
   */
  public static final String PROGRAMS = "trestle.postgresql";

  /** {@code <state>/embedded} and {@code <state>/postgresql}. */
  public static EmbeddedOptions in(Path state) {
    String elsewhere = System.getProperty(PROGRAMS);
    Path binaries = elsewhere == null ? state.resolve("postgresql") : Path.of(elsewhere);
    return new EmbeddedOptions(state.resolve("embedded"), binaries, Dsn.DEFAULT_MAX_CONNECTIONS);
  }

  /** Checks the budget. */
  public EmbeddedOptions {
    new ConnectionBudget(maxConnections);
    directory = directory.toAbsolutePath().normalize();
    binaries = binaries.toAbsolutePath().normalize();
  }
}
