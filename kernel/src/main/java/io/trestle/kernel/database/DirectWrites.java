package io.trestle.kernel.database;

import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;

/**
 * Writes beside the write pipeline: single statements that answer rows or have a verdict of their
 * own, such as those of operators, and deletions of what nobody needs any more. {@link
 * Database#writes()} carries the fence of the pipeline.
 */
@FunctionalInterface
public interface DirectWrites {
  /** How long somebody at a terminal waits. */
  Duration PROMPT = Duration.ofSeconds(5);

  /** How long a deletion of many rows may take. */
  Duration SWEEP = Duration.ofSeconds(60);

  /**
   * Commits one statement; completes after the commit. Fails with {@link DatabaseFailure} AWAY at
   * once when this kernel may not write now, and with any other failure than one of PostgreSQL when
   * no answer came: the statement may be committed then.
   */
  Future<RowSet<Row>> write(String sql, Tuple parameters, Duration within);

  /** The same within {@link #PROMPT}. */
  default Future<RowSet<Row>> write(String sql, Tuple parameters) {
    return write(sql, parameters, PROMPT);
  }

  /** Without fence, for who is no leader: what tests and seeds write. */
  static DirectWrites unfenced(SqlClient client) {
    return (sql, parameters, within) -> client.preparedQuery(sql).execute(parameters);
  }
}
