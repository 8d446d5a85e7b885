package io.trestle.protocol.wire;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Headers;
import io.trestle.protocol.transport.PeerIdentity;
import io.trestle.protocol.transport.Transport;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * A connection to another end that may be called. On its lane only. {@link #gone} turns true when
 * nothing new can be sent on it; what was sent before may still be answered, and when all of it has
 * ended, the connection closes, whether or not the other end does so.
 *
 * <p>It is pinged every 30 s and closed when an answer takes longer than 10 s.
 */
public final class LiveConnection {
  private final Lane lane;
  private final Channel channel;
  private final Http2ConnectionHandler handler;
  private final WireStreams streams;
  private final PeerIdentity peer;
  private final Limits limits;
  private final Deque<Runnable> waiting = new ArrayDeque<>();
  private Runnable onGone = () -> {};
  private Runnable onClosed = () -> {};
  private Lane.@Nullable Timer pinging;
  private String whyLost = "closed by the other end";
  private boolean gone;
  private boolean serving;

  LiveConnection(
      Lane lane,
      ChannelHandlerContext context,
      Http2ConnectionHandler handler,
      PeerIdentity peer,
      Limits limits) {
    this.lane = lane;
    this.channel = context.channel();
    this.handler = handler;
    this.peer = peer;
    this.limits = limits;
    this.streams =
        WireStreams.take(lane, context, handler, (stream, headers) -> null, this::onStreamClosed);
    channel.closeFuture().addListener(closed -> lane.execute(this::closed));
    schedulePing();
  }

  /** Runs an action when nothing new can be sent any more. */
  void onGone(Runnable action) {
    onGone = action;
  }

  /** Runs an action when all has ended. */
  void onClosed(Runnable action) {
    onClosed = action;
  }

  /** Who is at the other end, by its certificate. */
  PeerIdentity peer() {
    return peer;
  }

  /** Whether nothing new can be sent. */
  boolean gone() {
    return gone;
  }

  /** Why what was under way will not be answered. */
  String whyLost() {
    return whyLost;
  }

  /** Calls under way. */
  int active() {
    return streams.active();
  }

  /** Whether the other end takes another call now. */
  boolean free() {
    return streams.free();
  }

  /** Runs an action when that may have changed; false if too many wait already. */
  boolean whenFree(Runnable action) {
    return waiting.size() < Transport.MAX_WAITING && waiting.add(action);
  }

  /** Takes back what {@link #whenFree} was given. */
  void forget(Runnable action) {
    waiting.remove(action);
  }

  @Nullable WireStream open(Http2Headers headers, WireStream.Listener listener) {
    WireStream opened = streams.open(headers, listener);
    if (streams.exhausted()) {
      leave();
      closeIfDone();
    }
    return opened;
  }

  /** A message with its frame header; it belongs to the caller. */
  ByteBuf encode(Frames.Body body) {
    return Frames.encode(channel.alloc(), body);
  }

  /** Takes nothing new, and closes when what is under way has ended. */
  void retire() {
    leave();
    handler.gracefulShutdownTimeoutMillis(
        -1); // each call has a deadline, and pings find a dead peer
    var unused = channel.close();
  }

  /** Closes at once. */
  void close() {
    leave();
    handler.gracefulShutdownTimeoutMillis(0);
    var unused = channel.close();
  }

  /** The connection fails, for instance because the other end reset it. */
  void broken(Throwable cause) {
    whyLost = String.valueOf(cause.getMessage());
  }

  /** The other end takes nothing new. */
  void onGoAway(String reason) {
    whyLost = reason;
    leave();
    closeIfDone();
  }

  void onPong() {
    stopPinging();
    if (channel.isActive()) {
      schedulePing();
    }
  }

  /** Lets calls that wait go on, as many as the other end takes now. */
  void onFree() {
    if (!serving) { // a call that ends while it begins would come back here
      serving = true;
      while (!waiting.isEmpty() && (gone || free())) {
        lane.execute(waiting.remove());
      }
      serving = false;
    }
  }

  private void onStreamClosed() {
    onFree();
    closeIfDone();
  }

  private void closeIfDone() {
    if (gone && active() == 0) {
      close();
    }
  }

  private void closed() {
    stopPinging();
    leave();
    onClosed.run();
  }

  private void leave() {
    if (!gone) {
      gone = true;
      onGone.run();
      onFree();
    }
  }

  private void schedulePing() {
    pinging = lane.schedule(limits.pingInterval().toNanos(), this::ping);
  }

  private void ping() {
    pinging = lane.schedule(limits.pingTimeout().toNanos(), this::unanswered);
    ChannelHandlerContext context = channel.pipeline().context(handler);
    var unused = handler.encoder().writePing(context, false, 0, context.newPromise());
    channel.flush();
  }

  private void unanswered() {
    whyLost = "no answer to a ping within " + limits.pingTimeout().toMillis() + " ms";
    close();
  }

  private void stopPinging() {
    Lane.Timer pending = pinging;
    if (pending != null) {
      pending.cancel();
    }
  }
}
