package io.trestle.sdk.internal.wire;

import io.trestle.protocol.HostPort;
import io.trestle.protocol.SpiffeId;
import io.trestle.protocol.transport.PeerClient;
import io.trestle.protocol.transport.PeerIdentity;
import io.trestle.protocol.transport.Pinger;
import io.trestle.sdk.ConnectionException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.HttpConnectOptions;
import io.vertx.core.net.SocketAddress;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The way to one target that must prove to be who it is expected to be (wire.md 3.5, 3.7).
 *
 * <p>There is at most one usable connection. It is made when first needed, and again when it is
 * gone; calls that arrive meanwhile share the attempt. The chain is judged in the handshake by the
 * trust manager; the exact name is compared here, once per connection, before a byte of a call is
 * written. A future that fails therefore proves that no handler ran.
 *
 * <p>Connections are made one by one instead of taken from the pool of the HTTP client, because a
 * pool is keyed by address, and addresses are recycled: a call for one instance must never find the
 * connection to another. It also lets a connection stay on the event loop of its lane.
 *
 * <p>A renewed leaf changes nothing here: the connection goes on, the next one shows the new leaf.
 */
public final class PinnedChannel {
  private final Vertx vertx;
  private final Lane lane;
  private final HttpClientAgent http;
  private final HostPort target;
  private final SpiffeId expected;
  private final long idleNanos;

  private @Nullable LiveConnection live;
  private @Nullable Promise<LiveConnection> attempt;
  private long lastUse;
  private boolean closed;

  /**
   * A channel; nothing is connected yet.
   *
   * @param idle how long an unused connection stays
   */
  public PinnedChannel(
      Vertx vertx,
      Lane lane,
      HttpClientAgent http,
      HostPort target,
      SpiffeId expected,
      Duration idle) {
    this.vertx = vertx;
    this.lane = lane;
    this.http = http;
    this.target = target;
    this.expected = expected;
    this.idleNanos = idle.toNanos();
  }

  /** Where everything about this channel happens. */
  public Lane lane() {
    return lane;
  }

  /** Hands over the connection, on the lane: at once if there is one. */
  public void connected(Consumer<LiveConnection> ready, Consumer<Throwable> failed) {
    LiveConnection current = live;
    if (current != null) {
      lastUse = System.nanoTime();
      ready.accept(current);
    } else if (closed) {
      failed.accept(new ConnectionException("channel to " + target + " is closed", -1, null));
    } else {
      attempt().onSuccess(ready::accept).onFailure(failed::accept);
    }
  }

  /** Forgets the connection after a failure: the next call makes a new one. Any thread. */
  public void drop() {
    lane.execute(
        () -> {
          LiveConnection current = live;
          live = null;
          if (current != null) {
            current.retire();
          }
        });
  }

  /** Ends for good; calls under way are cut. Any thread. */
  public void close() {
    end(LiveConnection::close);
  }

  /** Ends for good; calls under way may finish. Any thread. */
  public void retire() {
    end(LiveConnection::retire);
  }

  private void end(Consumer<LiveConnection> how) {
    lane.execute(
        () -> {
          closed = true;
          LiveConnection current = live;
          live = null;
          if (current != null) {
            how.accept(current);
          }
          Promise<LiveConnection> pending = attempt;
          if (pending != null) {
            failed(pending, "channel to " + target + " is closed", null);
          }
        });
  }

  private Future<LiveConnection> attempt() {
    Promise<LiveConnection> pending = attempt;
    if (pending == null) {
      Promise<LiveConnection> started = Promise.promise();
      attempt = pending = started;
      HttpConnectOptions options =
          new HttpConnectOptions()
              .setServer(SocketAddress.inetSocketAddress(target.port(), target.host()))
              .setHost(PeerClient.AUTHORITY)
              .setPort(target.port());
      http.connect(options)
          .onSuccess(connection -> made(connection, started))
          .onFailure(e -> failed(started, "cannot reach " + target, e));
    }
    return pending.future();
  }

  private void made(HttpClientConnection connection, Promise<LiveConnection> promise) {
    PeerIdentity peer = PeerIdentity.of(connection);
    if (promise.future().isComplete()) {
      connection.close().onFailure(e -> {});
      return;
    }
    if (closed || peer.spiffeId().filter(expected::equals).isEmpty()) {
      connection.close().onFailure(e -> {});
      failed(promise, closed ? "channel to " + target + " is closed" : wrong(peer), null);
      return;
    }
    LiveConnection made = new LiveConnection(connection, this::forgetGone);
    Pinger.start(vertx, connection);
    live = made;
    attempt = null;
    lastUse = System.nanoTime();
    watchIdle(made);
    promise.complete(made);
  }

  private void failed(Promise<LiveConnection> promise, String message, @Nullable Throwable cause) {
    attempt = null;
    promise.tryFail(new ConnectionException(message + Causes.root(cause), -1, cause));
  }

  private String wrong(PeerIdentity peer) {
    String found =
        peer instanceof PeerIdentity.Unusable unusable
            ? unusable.reason()
            : peer.spiffeId().map(SpiffeId::uri).orElse("nobody");
    return "peer at " + target + ": " + found + " (expected: " + expected.uri() + ")";
  }

  private void forgetGone() {
    LiveConnection current = live;
    if (current != null && current.gone()) {
      live = null;
    }
  }

  private void watchIdle(LiveConnection connection) {
    lane.schedule(
        Math.max(1, lastUse + idleNanos - System.nanoTime()),
        () -> {
          if (connection.gone()) {
            return;
          }
          if (connection.http().activeStreams() > 0) {
            lastUse = System.nanoTime();
          }
          if (System.nanoTime() - lastUse >= idleNanos) {
            connection.close();
            forgetGone();
          } else {
            watchIdle(connection);
          }
        });
  }
}
