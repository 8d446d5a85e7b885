package io.trestle.protocol.wire;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2LifecycleManager;
import io.netty.handler.codec.http2.Http2Stream;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * Ends a connection of a Vert.x server under which a write has failed: the network is gone, or the
 * other end makes us answer without reading. Left to Vert.x, it would look for its own object at
 * each stream, which ours do not have, and stop in the middle with an exception. Errors of single
 * streams, and everything that was received, go to the handler of the connection.
 */
final class FailedWrites implements Http2LifecycleManager {
  private static final Logger LOG = System.getLogger(FailedWrites.class.getName());

  private final Http2LifecycleManager handler;

  FailedWrites(Http2LifecycleManager handler) {
    this.handler = handler;
  }

  @Override
  public void onError(ChannelHandlerContext ctx, boolean outbound, Throwable cause) {
    Http2Exception known = Http2CodecUtil.getEmbeddedHttp2Exception(cause);
    boolean ofStreams =
        known instanceof Http2Exception.StreamException
            || known instanceof Http2Exception.CompositeStreamException;
    if (!outbound || ofStreams) {
      handler.onError(ctx, outbound, cause);
      return;
    }
    if (!(cause instanceof IOException)) {
      LOG.log(Level.WARNING, "connection closed, a write failed: " + cause, cause);
    }
    ChannelFuture unused = ctx.close();
  }

  @Override
  public void closeStreamLocal(Http2Stream stream, ChannelFuture future) {
    handler.closeStreamLocal(stream, future);
  }

  @Override
  public void closeStreamRemote(Http2Stream stream, ChannelFuture future) {
    handler.closeStreamRemote(stream, future);
  }

  @Override
  public void closeStream(Http2Stream stream, ChannelFuture future) {
    handler.closeStream(stream, future);
  }

  @Override
  public ChannelFuture resetStream(
      ChannelHandlerContext ctx, int id, long code, ChannelPromise promise) {
    return handler.resetStream(ctx, id, code, promise);
  }

  @Override
  public ChannelFuture goAway(
      ChannelHandlerContext ctx, int last, long code, ByteBuf debug, ChannelPromise promise) {
    return handler.goAway(ctx, last, code, debug, promise);
  }
}
