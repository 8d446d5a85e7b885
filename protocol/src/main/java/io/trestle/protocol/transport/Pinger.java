package io.trestle.protocol.transport;

import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import java.time.Duration;

/**
 * Finds connections whose other end is gone without a word: pings at an interval and closes the
 * connection when an answer stays out. Stops by itself with the connection.
 *
 * <p>Everything happens on the connection's event loop. The library queues the promise of a ping
 * after the frame is written; from another thread the answer may come first, then that promise
 * never completes and all later ones are off by one.
 */
public final class Pinger {
  /** How often clients and the runtime ping: 30 s. Go's Call server refuses less than 20 s. */
  public static final Duration INTERVAL = Duration.ofSeconds(30);

  /** How long an answer may take: 10 s. */
  public static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final Vertx vertx;
  private final HttpConnection connection;
  private final long interval;
  private final long timeout;
  private long sequence;
  private long timer;
  private boolean stopped;

  private Pinger(Vertx vertx, HttpConnection connection, Duration interval, Duration timeout) {
    this.vertx = vertx;
    this.connection = connection;
    this.interval = positive("interval", interval);
    this.timeout = positive("timeout", timeout);
  }

  /** {@link #start(Vertx, HttpConnection, Duration, Duration)} with the usual times. */
  public static Pinger start(Vertx vertx, HttpConnection connection) {
    return start(vertx, connection, INTERVAL, TIMEOUT);
  }

  /**
   * Starts pinging. To be called on the event loop of the connection, which is where connection
   * handlers of servers and clients run.
   *
   * @param interval from one answer to the next ping
   * @param timeout from a ping to the end of the connection
   * @throws IllegalStateException on another thread than an event loop
   */
  public static Pinger start(
      Vertx vertx, HttpConnection connection, Duration interval, Duration timeout) {
    if (!Context.isOnEventLoopThread()) {
      throw new IllegalStateException("a pinger starts on the event loop of its connection");
    }
    Pinger pinger = new Pinger(vertx, connection, interval, timeout);
    pinger.schedule();
    return pinger;
  }

  /** Pings no more; on the same event loop. The connection stays. */
  public void stop() {
    stopped = true;
    vertx.cancelTimer(timer);
  }

  private void schedule() {
    timer = vertx.setTimer(interval, id -> ping());
  }

  private void ping() {
    timer = vertx.setTimer(timeout, id -> giveUp());
    connection.ping(Buffer.buffer(Long.BYTES).appendLong(sequence++)).onComplete(this::onAnswer);
  }

  private void onAnswer(AsyncResult<Buffer> answer) {
    // A timer that is no longer pending has closed the connection already.
    if (stopped || !vertx.cancelTimer(timer)) {
      return;
    }
    if (answer.succeeded()) {
      schedule();
    } else {
      giveUp();
    }
  }

  private void giveUp() {
    stopped = true;
    connection.close().onFailure(e -> {});
  }

  private static long positive(String name, Duration value) {
    if (value.toMillis() <= 0) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: 1 ms or more)");
    }
    return value.toMillis();
  }
}
