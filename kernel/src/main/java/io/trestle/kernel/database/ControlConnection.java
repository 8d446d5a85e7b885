package io.trestle.kernel.database;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;
import io.vertx.pgclient.PgException;
import io.vertx.pgclient.PgNotification;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one long-lived session of the process. It holds the leader lock and the LISTENs, writes the
 * heartbeat, and is the probe that tells whether PostgreSQL answers.
 *
 * <p>Why one connection for all of it: each of these is state of a session that is gone when the
 * session is, and after each loss the same happens (take the lock again, LISTEN again, read
 * everything again), so two connections would only give two orders in which to recover. It also
 * keeps the minimum of four connections possible (see {@link ConnectionBudget}).
 *
 * <p>Life: {@link #open} connects once and fails if that fails. From then on the connection is
 * either up, or being regained with a doubling delay, until {@link #close}. When it comes back, the
 * <em>steps</em> run in the order in which they were added, each waiting for the one before; only
 * after the last the listeners hear "up". A connection that is lost in between starts all over. A
 * connection that does not answer a check in time is given up as if it had been closed: a machine
 * that vanished does not close anything. Everything runs on one event loop, so there are no locks.
 */
final class ControlConnection {
  private static final Logger LOG = LoggerFactory.getLogger(ControlConnection.class);

  /** Hears of loss and return, on the event loop of the connection. */
  interface Listener {
    void down(Throwable cause);

    void up();
  }

  private final Vertx vertx;
  private final Context home;
  private final PgConnectOptions options;
  private final long answerMillis;
  private final Backoff backoff;
  private final List<Supplier<Future<Void>>> steps = new ArrayList<>();
  private final List<Listener> listeners = new ArrayList<>();
  private Handler<PgNotification> notifications = n -> {};
  private @Nullable PgConnection current;
  private boolean closed;

  ControlConnection(Vertx vertx, PgConnectOptions options, DatabaseOptions times) {
    this.vertx = vertx;
    this.home = vertx.getOrCreateContext();
    this.options = new PgConnectOptions(options).setPipeliningLimit(16);
    this.answerMillis = times.answerWithin().toMillis();
    this.backoff = new Backoff(times.backoffFirst().toMillis(), times.backoffLast().toMillis());
  }

  /** Connects; call once. */
  Future<Void> open() {
    return onHome(() -> Connections.open(vertx, options).map(this::adopt).mapEmpty());
  }

  /** Something to be done on each connection after the first, before "up" is told. */
  void addStep(Supplier<Future<Void>> step) {
    steps.add(step);
  }

  void addListener(Listener listener) {
    listeners.add(listener);
  }

  void onNotification(Handler<PgNotification> handler) {
    notifications = handler;
  }

  /** Uses the connection on its event loop; fails with AWAY while there is none. */
  <T> Future<T> use(Function<PgConnection, Future<T>> work) {
    return onHome(
        () -> {
          PgConnection connection = current;
          return connection == null ? Future.failedFuture(away()) : work.apply(connection);
        });
  }

  /**
   * Like {@link #use}, for short statements: no answer in time, or a loss, gives the connection up.
   */
  <T> Future<T> check(Function<PgConnection, Future<T>> work) {
    return use(
        connection ->
            work.apply(connection)
                .timeout(answerMillis, TimeUnit.MILLISECONDS)
                .onFailure(e -> giveUp(connection, e)));
  }

  /** Runs {@code work} on the event loop of the connection. */
  <T> Future<T> onHome(Supplier<Future<T>> work) {
    Promise<T> result = Promise.promise();
    home.runOnContext(
        v -> {
          try {
            work.get().onComplete(result);
          } catch (RuntimeException e) {
            result.tryFail(e);
          }
        });
    return result.future();
  }

  /** Completes after {@code millis} on the event loop of the connection. */
  Future<Void> delay(long millis) {
    return onHome(
        () -> {
          Promise<Void> result = Promise.promise();
          vertx.setTimer(Math.max(1, millis), id -> result.complete());
          return result.future();
        });
  }

  boolean isClosed() {
    return closed;
  }

  Future<Void> close() {
    return onHome(
        () -> {
          closed = true;
          PgConnection connection = current;
          current = null;
          return connection == null ? Future.<Void>succeededFuture() : connection.close();
        });
  }

  private PgConnection adopt(PgConnection connection) {
    if (closed) {
      connection.close();
      throw away();
    }
    current = connection;
    connection.notificationHandler(n -> notifications.handle(n));
    connection.exceptionHandler(e -> LOG.debug("control connection: {}", e.toString()));
    connection.closeHandler(v -> lost(connection, new IllegalStateException("connection closed")));
    return connection;
  }

  private void giveUp(PgConnection connection, Throwable cause) {
    if (cause instanceof PgException pg && !isConnectionFailure(pg)) {
      return; // it answered
    }
    connection.close();
    lost(connection, cause);
  }

  private static boolean isConnectionFailure(PgException e) {
    String state = String.valueOf(e.getSqlState());
    return state.startsWith("08") || state.startsWith("57P");
  }

  private void lost(PgConnection connection, Throwable cause) {
    if (current != connection) {
      return;
    }
    current = null;
    listeners.forEach(l -> l.down(cause));
    reconnect();
  }

  private void reconnect() {
    delay(backoff.next())
        .compose(v -> closed ? Future.failedFuture(away()) : Connections.open(vertx, options))
        .map(this::adopt)
        .onSuccess(this::recover)
        .onFailure(
            e -> {
              if (!closed) {
                LOG.debug(
                    "reconnecting failed reason={}", Dsn.mask(String.valueOf(e.getMessage())));
                reconnect();
              }
            });
  }

  private void recover(PgConnection connection) {
    Future<Void> all = Future.succeededFuture();
    for (Supplier<Future<Void>> step : steps) {
      all = all.compose(v -> current == connection ? step.get() : Future.failedFuture(away()));
    }
    all.onComplete(
        v -> {
          if (current == connection) {
            backoff.reset();
            listeners.forEach(Listener::up);
          }
        },
        e -> {
          if (current == connection) {
            LOG.warn("recovering the database connection failed, again reason={}", e.getMessage());
            connection.close();
            lost(connection, e);
          }
        });
  }

  private static DatabaseFailure away() {
    return new DatabaseFailure(DatabaseFailure.Kind.AWAY, "the database is away");
  }
}
