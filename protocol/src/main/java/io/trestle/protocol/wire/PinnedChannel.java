package io.trestle.protocol.wire;

import io.trestle.protocol.HostPort;
import io.trestle.protocol.SpiffeId;
import io.trestle.protocol.transport.PeerIdentity;
import io.trestle.protocol.transport.Transport;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The way to one target that must prove to be who it is expected to be (wire.md 3.5, 3.7).
 *
 * <p>There is at most one usable connection. It is made when first needed, and again when it is
 * gone; calls that arrive meanwhile share the attempt, so many of them. The chain is judged in the
 * handshake by the trust manager; the exact name is compared here, once per connection, before a
 * byte of a call is written. Not to be reached therefore proves that no handler ran.
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

  private final Set<LiveConnection> open = new HashSet<>();
  private final Set<Waiter> waiting = new LinkedHashSet<>();
  private @Nullable LiveConnection live;
  private @Nullable Object attempt;
  private Lane.@Nullable Timer idle;
  private Runnable onEnd = () -> {};
  private long lastUse;
  private boolean closed;

  /** Wants the connection; hears of one or the other, once, on the lane. */
  public interface Waiter {
    /** Here it is. */
    void connected(LiveConnection connection);

    /** There is none. */
    void unreachable(UnreachableException why);

    /** Two actions. */
    static Waiter of(Consumer<LiveConnection> connected, Consumer<Throwable> unreachable) {
      return new Waiter() {
        @Override
        public void connected(LiveConnection connection) {
          connected.accept(connection);
        }

        @Override
        public void unreachable(UnreachableException why) {
          unreachable.accept(why);
        }
      };
    }
  }

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
  public void connect(Waiter waiter) {
    LiveConnection current = live;
    if (current != null) {
      lastUse = System.nanoTime();
      waiter.connected(current);
    } else if (closed) {
      waiter.unreachable(new UnreachableException("channel to " + target + " is closed", null));
    } else if (waiting.size() >= Transport.MAX_WAITING) {
      String text = "too many calls wait for a connection to " + target;
      waiter.unreachable(new UnreachableException(text, null));
    } else {
      waiting.add(waiter);
      if (attempt == null) {
        dial();
      }
    }
  }

  /** Takes back what {@link #connect} was given; on the lane. */
  public void forget(Waiter waiter) {
    waiting.remove(waiter);
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

  /** Ends for good; calls under way are cut, on connections that are leaving too. Any thread. */
  public void close() {
    end(() -> List.copyOf(open).forEach(LiveConnection::close));
  }

  /**
   * Ends for good; calls under way may finish. Any thread.
   *
   * @param whenEnded runs on the lane when the last of them has ended
   */
  public void retire(Runnable whenEnded) {
    end(
        () -> {
          onEnd = whenEnded;
          List.copyOf(open).forEach(LiveConnection::retire);
          endIfDone();
        });
  }

  private void end(Runnable how) {
    lane.execute(
        () -> {
          closed = true;
          live = null;
          attempt = null;
          how.run();
          failed("channel to " + target + " is closed", null);
        });
  }

  private void dial() {
    Object started = new Object();
    attempt = started;
    dialer
        .dial(lane, target)
        .onSuccess(connection -> made(connection, started))
        .onFailure(
            e -> {
              if (attempt == started) {
                attempt = null;
                failed("cannot reach " + target, e);
              }
            });
  }

  private void made(LiveConnection connection, Object started) {
    if (attempt != started) {
      connection.close();
      return;
    }
    attempt = null;
    if (connection.peer().spiffeId().filter(expected::equals).isEmpty()) {
      connection.close();
      failed(wrong(connection.peer()), null);
      return;
    }
    open.add(connection);
    connection.onGone(this::forgetGone);
    connection.onClosed(
        () -> {
          open.remove(connection);
          endIfDone();
        });
    live = connection;
    lastUse = System.nanoTime();
    watchIdle(connection);
    serve(waiter -> waiter.connected(connection));
  }

  private void endIfDone() {
    if (closed && open.isEmpty()) {
      onEnd.run();
    }
  }

  private void failed(String message, @Nullable Throwable cause) {
    UnreachableException why = new UnreachableException(message + Causes.root(cause), cause);
    serve(waiter -> waiter.unreachable(why));
  }

  private void serve(Consumer<Waiter> what) {
    List<Waiter> served = List.copyOf(waiting);
    waiting.clear();
    served.forEach(waiter -> lane.execute(() -> what.accept(waiter)));
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
