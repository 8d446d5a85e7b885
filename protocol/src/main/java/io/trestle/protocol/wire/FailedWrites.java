package io.trestle.protocol.wire;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2LifecycleManager;
import io.netty.handler.codec.http2.Http2Stream;

/**
 * Ends a connection of a Vert.x server whose network has failed under a write. Left to Vert.x, it
 * would look for its own object at each stream, which ours do not have, and stop in the middle with
 * an exception. Everything else goes to the handler of the connection.
 */
final class FailedWrites implements Http2LifecycleManager {
  private final Http2LifecycleManager handler;

  FailedWrites(Http2LifecycleManager handler) {
    this.handler = handler;
  }

  @Override
  public void onError(ChannelHandlerContext ctx, boolean outbound, Throwable cause) {
    if (outbound && Http2CodecUtil.getEmbeddedHttp2Exception(cause) == null) {
      ChannelFuture unused = ctx.close();
    } else {
      handler.onError(ctx, outbound, cause);
    }
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
