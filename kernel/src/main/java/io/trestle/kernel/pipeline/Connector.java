package io.trestle.kernel.pipeline;

import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Timer;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnection;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one connection of a lane: opens it, tells when it ends, and throws it away. */
final class Connector {

  private static final Logger LOG = LoggerFactory.getLogger(Connector.class);

  private final Vertx vertx;
  private final Lane lane;
  private final ConnectionSource source;
  private final Fence fence;
  private final Duration patience;
  private @Nullable PgConnection current;
  private Line line;
  private @Nullable Timer delayed;
  private boolean closed;

  Connector(Vertx vertx, Lane lane, ConnectionSource source, Fence fence, Duration patience) {
    this.vertx = vertx;
    this.lane = lane;
    this.source = source;
    this.fence = fence;
    this.patience = patience;
    this.line = new Line(fence, lane);
  }

  /** What the database knows the open connection by. */
  Line line() {
    return line;
  }

  /** The open connection. */
  PgConnection current() {
    PgConnection open = current;
    if (open == null) {
      throw new IllegalStateException("lane=" + lane + " has no connection");
    }
    return open;
  }

  /**
   * Throws the connection away and opens another after {@code delay} nanoseconds.
   *
   * @param opened hears of success, or why not; nothing after {@link #close}
   * @param ended hears of the end of that connection, unless it was thrown away
   */
  void reopen(long delay, Consumer<AsyncResult<PgConnection>> opened, Runnable ended) {
    discard();
    delayed = vertx.timer(Math.max(1, delay), TimeUnit.NANOSECONDS);
    delayed.onSuccess(v -> open().onComplete(done -> take(done, opened, ended)));
  }

  /** For a statement that does not answer: the server shall end it, so that its locks are freed. */
  void cancelStatement() {
    current().cancelRequest().onFailure(this::log);
  }

  Future<Void> close() {
    closed = true;
    if (delayed != null) {
      delayed.cancel();
    }
    return discard();
  }

  private void take(
      AsyncResult<PgConnection> done, Consumer<AsyncResult<PgConnection>> opened, Runnable ended) {
    if (done.succeeded()) {
      keep(done.result(), ended);
    } else {
      LOG.debug("lane={} cannot connect: {}", lane, done.cause().toString());
    }
    if (closed) {
      discard();
    } else {
      opened.accept(done);
    }
  }

  private void keep(PgConnection connection, Runnable ended) {
    current = connection;
    line = new Line(fence, lane);
    connection.exceptionHandler(this::log);
    connection.closeHandler(
        v -> {
          if (connection == current) {
            ended.run();
          }
        });
  }

  /** One attempt, given up after {@code patience}; a connection that comes later is closed. */
  private Future<PgConnection> open() {
    Promise<PgConnection> opened = Promise.promise();
    Timer limit = vertx.timer(patience.toNanos(), TimeUnit.NANOSECONDS);
    limit.onSuccess(v -> opened.tryFail("no connection within " + patience));
    source
        .open(lane)
        .onFailure(opened::tryFail)
        .onSuccess(
            connection -> {
              if (!opened.tryComplete(connection)) {
                connection.close().onFailure(this::log);
              }
            });
    return opened.future().onComplete(done -> limit.cancel());
  }

  private Future<Void> discard() {
    PgConnection old = current;
    current = null;
    return old == null ? Future.succeededFuture() : old.close().onFailure(this::log);
  }

  private void log(Throwable cause) {
    LOG.debug("lane={} connection: {}", lane, cause.toString());
  }
}
