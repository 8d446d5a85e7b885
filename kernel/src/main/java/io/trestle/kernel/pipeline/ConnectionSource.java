package io.trestle.kernel.pipeline;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;

/** Opens the connections of the pipeline, one per lane. */
@FunctionalInterface
public interface ConnectionSource {

  /**
   * Opens a connection that belongs to the pipeline alone; called on the lane's event loop, once at
   * a time per lane. The pipeline does the waiting and trying again, and closes the connection.
   */
  Future<PgConnection> open(Lane lane);

  /**
   * Connections to one database, with the settings on which the pipeline relies: statements are
   * sent without waiting for one another, prepared and planned once, a commit is on disk when it is
   * acknowledged and a lone statement is READ COMMITTED whatever the server's defaults, and a
   * transaction whose client has vanished ends within 10 s and frees the lane's lock.
   */
  static ConnectionSource of(Vertx vertx, PgConnectOptions database) {
    return lane ->
        PgConnection.connect(
            vertx,
            new PgConnectOptions(database)
                .setReconnectAttempts(0)
                .setPipeliningLimit(256)
                .setCachePreparedStatements(true)
                .setPreparedStatementCacheMaxSize(512)
                .setPreparedStatementCacheSqlFilter(sql -> true)
                .addProperty("application_name", "trestle-pipeline-" + lane.label())
                .addProperty("synchronous_commit", "on")
                .addProperty("default_transaction_isolation", "read committed")
                .addProperty("default_transaction_read_only", "off")
                .addProperty("plan_cache_mode", "force_generic_plan")
                .addProperty("idle_in_transaction_session_timeout", "10000"));
  }
}
