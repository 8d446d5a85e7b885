package io.trestle.sdk.outbox.sqlite;

import io.trestle.sdk.ConfigurationException;
import java.nio.file.Path;

/**
 * Where the outbox is, and how much it takes.
 *
 * @param dataDir the directory of the file {@code sdk.db}; made if it is not there. One for each
 *     running instance. Default {@code ./.servicebridge}
 * @param maxRows how many events it takes, failed ones included: 1 to 10 000 000, default 100 000
 */
public record SqliteOutboxOptions(Path dataDir, int maxRows) {
  private static final int MOST_ROWS = 10_000_000;

  /** {@code ./.servicebridge}, 100 000 rows. */
  public static final SqliteOutboxOptions DEFAULT =
      new SqliteOutboxOptions(Path.of(".servicebridge"), 100_000);

  /**
   * Checks.
   *
   * @throws ConfigurationException if the number of rows is none
   */
  public SqliteOutboxOptions {
    if (maxRows < 1 || maxRows > MOST_ROWS) {
      throw new ConfigurationException(
          "maxRows: " + maxRows + " (expected: 1 to " + MOST_ROWS + ")");
    }
  }

  /** The defaults in another directory. */
  public static SqliteOutboxOptions in(Path dataDir) {
    return new SqliteOutboxOptions(dataDir, DEFAULT.maxRows);
  }

  /** The same with another number of rows. */
  public SqliteOutboxOptions withMaxRows(int value) {
    return new SqliteOutboxOptions(dataDir, value);
  }
}
