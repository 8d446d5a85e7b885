package io.trestle.kernel.gateway;

import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import io.netty.util.concurrent.Future;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Bounds the TLS handshakes that are under way, over all event loops.
 *
 * <p>A handshake costs a signature, and whoever wants one has shown nothing yet. At most {@code
 * underWay} connections may be in a handshake; the next one is not let in until one ends. Three
 * places to stop it were looked at:
 *
 * <ul>
 *   <li>the connection handler of Vert.x: runs after the handshake, so too late;
 *   <li>pausing {@code accept} alone: the acceptor runs ahead of the loops that count, so a burst
 *       overshoots by as many as arrive before the pause is seen, and the first listener channel is
 *       out of reach until a connection shows it;
 *   <li>here: Vert.x lets the TLS engine options build the Netty {@code SslContext}, and that one
 *       the handler at the head of each connection. The handler asks this gate when it is added,
 *       before a byte is read. A connection without a place is switched off from reading: no byte
 *       of it is taken, no handshake state grows.
 * </ul>
 *
 * <p>To the client this is the same as not being accepted, since the operating system completes TCP
 * connections by itself. So that waiting connections do not pile up either, {@code accept} is
 * paused when there are {@code waiting} of them, and goes on when half of them are gone.
 *
 * <p>The time limit of a handshake counts from accept, also while waiting, and places are given in
 * order of arrival. Therefore a flood of silent connections cannot shut anybody out: all of it is
 * gone within the limit, and whoever comes behind it still has time left. (Newest first was
 * considered: it lets a new connection in earlier only when the flood has stopped, and starves most
 * of them while it goes on.)
 *
 * <p>Thread: entered on the event loop of each connection, so everything is under one lock, held
 * for a few instructions. Channels are switched on and off outside the loop they belong to; Netty
 * allows that.
 */
final class HandshakeGate {
  private final GatewayOptions.Handshakes bounds;
  private final GatewayMetrics metrics;
  private final Deque<Channel> waiting = new ArrayDeque<>();
  private final List<Channel> pausedListeners = new ArrayList<>();
  private int underWay;

  HandshakeGate(GatewayOptions.Handshakes bounds, GatewayMetrics metrics) {
    this.bounds = bounds;
    this.metrics = metrics;
  }

  GatewayOptions.Handshakes bounds() {
    return bounds;
  }

  /** A connection wants a handshake; it starts now or, by reading again, when a place is free. */
  void enter(Channel channel, Future<Channel> handshake) {
    if (takePlace(channel)) {
      handshake.addListener(f -> left(handshake, true));
      return;
    }
    handshake.addListener(f -> left(handshake, !leaveQueue(channel)));
  }

  /** Handshakes under way; for tests. */
  synchronized int underWay() {
    return underWay;
  }

  /** Connections that wait for a place; for tests. */
  synchronized int waiting() {
    return waiting.size();
  }

  private synchronized boolean takePlace(Channel channel) {
    if (underWay < bounds.underWay()) {
      underWay++;
      return true;
    }
    channel.config().setAutoRead(false); // before another loop can find it and switch it on
    waiting.addLast(channel);
    pauseWhenFull(channel.parent());
    return false;
  }

  private synchronized boolean leaveQueue(Channel channel) {
    boolean waited = waiting.remove(channel);
    resumeWhenRoomy();
    return waited;
  }

  private void left(Future<Channel> handshake, boolean hadPlace) {
    metrics.handshake(outcome(handshake));
    Channel next = hadPlace ? nextWaiting() : null;
    if (next != null) {
      next.config().setAutoRead(true);
    }
  }

  /** The place of the one that left goes to the first that waits. */
  private synchronized @Nullable Channel nextWaiting() {
    Channel next = waiting.pollFirst();
    if (next == null) {
      underWay--;
    }
    resumeWhenRoomy();
    return next;
  }

  private void pauseWhenFull(Channel listener) {
    if (waiting.size() >= bounds.waiting() && !pausedListeners.contains(listener)) {
      pausedListeners.add(listener);
      listener.config().setAutoRead(false);
    }
  }

  private void resumeWhenRoomy() {
    if (waiting.size() <= bounds.waiting() / 2 && !pausedListeners.isEmpty()) {
      pausedListeners.forEach(listener -> listener.config().setAutoRead(true));
      pausedListeners.clear();
    }
  }

  private static String outcome(Future<Channel> handshake) {
    if (handshake.isSuccess()) {
      return "done";
    }
    Throwable cause = handshake.cause();
    if (cause instanceof SslHandshakeTimeoutException) {
      return "timeout";
    }
    return cause instanceof ClosedChannelException ? "abandoned" : "refused";
  }
}
