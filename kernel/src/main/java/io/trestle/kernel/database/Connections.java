package io.trestle.kernel.database;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;

/** Opens single connections with a time limit; the client's own is a minute. */
final class Connections {
  private static final long CONNECT_MILLIS = 10_000;

  private Connections() {}

  static Future<PgConnection> open(Vertx vertx, PgConnectOptions options) {
    Promise<PgConnection> result = Promise.promise();
    long timer =
        vertx.setTimer(
            CONNECT_MILLIS, id -> result.tryFail("no answer within " + CONNECT_MILLIS + " ms"));
    PgConnection.connect(vertx, options)
        .onComplete(
            connection -> {
              vertx.cancelTimer(timer);
              if (!result.tryComplete(connection)) {
                connection.close();
              }
            },
            e -> {
              vertx.cancelTimer(timer);
              result.tryFail(e);
            });
    return result.future();
  }
}
