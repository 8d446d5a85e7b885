package io.trestle.protocol.wire;

import io.trestle.protocol.HostPort;
import io.trestle.protocol.SpiffeId;
import io.trestle.protocol.transport.PeerIdentity;
import io.vertx.core.Future;
import io.vertx.core.Promise;
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
 * <p>Connections are not pooled by address, because addresses are recycled: a call for one instance
 * must never find the connection to another. And each stays on the event loop of its lane.
 *
 * <p>A renewed leaf changes nothing here: the connection goes on, the next one shows the new leaf.
 */
public final class PinnedChannel {
  private final Lane lane;
  private final Dialer dialer;
  private final HostPort target;
  private final SpiffeId expected;
  private final long idleNanos;

  private @Nullable LiveConnection live;
  private @Nullable Promise<LiveConnection> attempt;
  private Lane.@Nullable Timer idle;
  private long lastUse;
  private boolean closed;

  /**
   * A channel; nothing is connected yet.
   *
   * @param idle how long an unused connection stays
   */
  public PinnedChannel(
      Lane lane, Dialer dialer, HostPort target, SpiffeId expected, Duration idle) {
    this.lane = lane;
    this.dialer = dialer;
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
      failed.accept(new UnreachableException("channel to " + target + " is closed", null));
    } else {
      attempt().onSuccess(ready::accept).onFailure(failed::accept);
    }
  }

  /** Whether there is a connection, or one is being made; on the lane. */
  public boolean inUse() {
    return live != null || attempt != null;
  }

  /** Forgets a connection after a failure: the next call makes a new one. On the lane. */
  public void drop(LiveConnection failing) {
    if (live == failing) {
      live = null;
      failing.retire();
    }
  }

  /** Forgets whatever connection there is; what is under way may finish. Any thread. */
  public void renew() {
    lane.execute(
        () -> {
          LiveConnection current = live;
          if (current != null) {
            drop(current);
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
      dialer
          .dial(lane, target)
          .onSuccess(connection -> made(connection, started))
          .onFailure(e -> failed(started, "cannot reach " + target, e));
    }
    return pending.future();
  }

  private void made(LiveConnection connection, Promise<LiveConnection> promise) {
    if (promise.future().isComplete()) {
      connection.close();
      return;
    }
    if (closed || connection.peer().spiffeId().filter(expected::equals).isEmpty()) {
      connection.close();
      String text = closed ? "channel to " + target + " is closed" : wrong(connection.peer());
      failed(promise, text, null);
      return;
    }
    connection.onGone(this::forgetGone);
    live = connection;
    attempt = null;
    lastUse = System.nanoTime();
    watchIdle(connection);
    promise.complete(connection);
  }

  private void failed(Promise<LiveConnection> promise, String message, @Nullable Throwable cause) {
    attempt = null;
    promise.tryFail(new UnreachableException(message + Causes.root(cause), cause));
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
      if (idle != null) {
        idle.cancel();
      }
    }
  }

  private void watchIdle(LiveConnection connection) {
    idle =
        lane.schedule(
            Math.max(1, lastUse + idleNanos - System.nanoTime()),
            () -> {
              if (connection.gone()) {
                return;
              }
              if (connection.active() > 0) {
                lastUse = System.nanoTime();
              }
              if (System.nanoTime() - lastUse >= idleNanos) {
                connection.close();
              } else {
                watchIdle(connection);
              }
            });
  }
}
