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

  /** {@code <state>/embedded} and {@code <state>/postgresql}. */
  public static EmbeddedOptions in(Path state) {
    return new EmbeddedOptions(
        state.resolve("embedded"), state.resolve("postgresql"), Dsn.DEFAULT_MAX_CONNECTIONS);
  }

  /** Checks the budget. */
  public EmbeddedOptions {
    new ConnectionBudget(maxConnections);
    directory = directory.toAbsolutePath().normalize();
    binaries = binaries.toAbsolutePath().normalize();
  }
}
