package io.trestle.sdk.outbox.jdbc;

import io.trestle.sdk.ConfigurationException;
import java.util.regex.Pattern;

/**
 * The table of an outbox, and how strict it is.
 *
 * @param table its name, with schema or without: lower-case letters, digits and {@code _}, at most
 *     48. Default {@code trestle_outbox}
 * @param laneLocks whether transactions that publish under one partition key wait for one another,
 *     so that their events are sent in the order of their commits. Default true. Without it they
 *     are sent in the order of their inserts, and one that is committed late may be overtaken
 */
public record JdbcOutboxOptions(String table, boolean laneLocks) {
  private static final Pattern NAME =
      Pattern.compile("([a-z_][a-z0-9_]{0,47}\\.)?[a-z_][a-z0-9_]{0,47}");

  /** {@code trestle_outbox}, with locks. */
  public static final JdbcOutboxOptions DEFAULT = new JdbcOutboxOptions("trestle_outbox", true);

  /**
   * Checks.
   *
   * @throws ConfigurationException if the name is none
   */
  public JdbcOutboxOptions {
    if (!NAME.matcher(table).matches()) {
      throw new ConfigurationException(
          "table: "
              + table
              + " (expected: a-z 0-9 _, with a schema and a dot before it if need be)");
    }
  }

  /** The same with another table. */
  public JdbcOutboxOptions withTable(String value) {
    return new JdbcOutboxOptions(value, laneLocks);
  }

  /** The same with or without locks of lanes. */
  public JdbcOutboxOptions withLaneLocks(boolean value) {
    return new JdbcOutboxOptions(table, value);
  }
}
