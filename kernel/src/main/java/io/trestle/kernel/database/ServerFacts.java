package io.trestle.kernel.database;

import io.vertx.core.Future;
import io.vertx.pgclient.PgConnection;
import io.vertx.sqlclient.Row;

/**
 * What the server says about itself, read once at start.
 *
 * @param versionNumber {@code server_version_num}, 180006 for 18.6
 * @param systemId identifier of the cluster, made by initdb
 * @param database name of the database we are in
 */
record ServerFacts(
    int versionNumber, String systemId, String database, DurabilityCheck durability) {
  private static final int OLDEST = 160_000;

  /** One row, no table. */
  private static final String READ =
      """
      SELECT current_setting('server_version_num')::int4 AS version,
             (SELECT system_identifier::text FROM pg_control_system()) AS system_id,
             current_database()::text AS database,
             current_setting('fsync') AS fsync,
             current_setting('full_page_writes') AS full_page_writes,
             current_setting('synchronous_commit') AS synchronous_commit
      """;

  static Future<ServerFacts> read(PgConnection connection) {
    return connection.query(READ).execute().map(rows -> of(rows.iterator().next()));
  }

  private static ServerFacts of(Row row) {
    return new ServerFacts(
        row.getInteger("version"),
        row.getString("system_id"),
        row.getString("database"),
        new DurabilityCheck(
            row.getString("fsync"),
            row.getString("full_page_writes"),
            row.getString("synchronous_commit")));
  }

  /** Stops the start on a server that is too old or does not keep what it acknowledged. */
  void check(boolean allowUnsafe) {
    if (versionNumber < OLDEST) {
      throw new DatabaseFailure(
          DatabaseFailure.Kind.VERSION,
          "PostgreSQL " + versionNumber / 10_000 + " (expected: 16 or newer)");
    }
    durability.check(allowUnsafe);
  }
}
