package io.trestle.protocol.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.AbstractHttp2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2LocalFlowController;
import io.netty.handler.codec.http2.DefaultHttp2RemoteFlowController;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.UniformStreamByteDistributor;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.trestle.protocol.transport.PeerIdentity;
import io.trestle.protocol.transport.Transport;
import io.vertx.core.Promise;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The client's end of an HTTP/2 connection until it is ready: shakes hands, says the settings, and
 * hands over a {@link LiveConnection} when those of the other end are there.
 */
final class ClientHandler extends Http2ConnectionHandler {
  private static final String HTTP2 = "h2";

  private final Lane lane;
  private final SslHandler tls;
  private final Limits limits;
  private final Promise<LiveConnection> ready;
  private @Nullable LiveConnection live;

  private ClientHandler(
      Http2ConnectionDecoder decoder,
      Http2ConnectionEncoder encoder,
      Http2Settings settings,
      Builder made) {
    super(decoder, encoder, settings);
    this.lane = made.lane;
    this.tls = made.tls;
    this.limits = made.limits;
    this.ready = made.ready;
    decoder.frameListener(new Events());
  }

  static void install(
      Lane lane,
      Channel channel,
      SslContext context,
      Limits limits,
      Promise<LiveConnection> ready) {
    SslHandler tls = context.newHandler(channel.alloc());
    tls.setHandshakeTimeout(Transport.HANDSHAKE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    ClientHandler handler = new Builder(lane, tls, limits, ready).build();
    channel.pipeline().addLast(tls, handler);
    tls.handshakeFuture()
        .addListener(
            shaken -> {
              if (!shaken.isSuccess()) {
                ready.tryFail(shaken.cause());
              } else if (!HTTP2.equals(tls.applicationProtocol())) {
                ready.tryFail("the other end does not speak HTTP/2");
                var unused = channel.close();
              }
            });
    channel.closeFuture().addListener(closed -> ready.tryFail("connection closed"));
    Lane.Timer limit = lane.schedule(limits.ready().toNanos(), () -> handler.late(channel));
    ready.future().onComplete(done -> limit.cancel());
  }

  private void late(Channel channel) {
    if (live == null && ready.tryFail("not ready within " + limits.ready().toMillis() + " ms")) {
      var unused = channel.close();
    }
  }

  // The window of the connection is no setting; it starts at 64 KiB and is widened after the
  // preface.
  @Override
  public void channelActive(ChannelHandlerContext ctx) throws Exception {
    super.channelActive(ctx);
    int more = Transport.CONNECTION_WINDOW - Http2CodecUtil.DEFAULT_WINDOW_SIZE;
    decoder().flowController().incrementWindowSize(connection().connectionStream(), more);
    ctx.flush();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) throws Exception {
    ready.tryFail(cause);
    tellWhy(cause);
    if (Http2CodecUtil.getEmbeddedHttp2Exception(cause) != null) {
      super.exceptionCaught(ctx, cause);
    } else {
      var unused = ctx.close();
    }
  }

  @Override
  protected void onConnectionError(
      ChannelHandlerContext ctx, boolean outbound, Throwable cause, Http2Exception error) {
    tellWhy(cause);
    super.onConnectionError(ctx, outbound, cause, error);
  }

  private void tellWhy(Throwable cause) {
    if (live != null) {
      live.broken(cause);
    }
  }

  /** What concerns the connection, not a stream. */
  private final class Events extends Http2FrameAdapter {
    @Override
    public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings settings) {
      if (live == null && !ready.future().isComplete()) {
        PeerIdentity peer = PeerIdentity.of(tls.engine().getSession());
        LiveConnection made = new LiveConnection(lane, ctx, ClientHandler.this, peer, limits);
        live = made;
        lane.execute(() -> ready.tryComplete(made));
      } else if (live != null) {
        live.onFree(); // it may take more calls at once than before
      }
    }

    @Override
    public void onPingAckRead(ChannelHandlerContext ctx, long data) {
      if (live != null) {
        live.onPong();
      }
    }

    @Override
    public void onGoAwayRead(ChannelHandlerContext ctx, int last, long code, ByteBuf debug)
        throws Http2Exception {
      if (live != null) {
        String text =
            ByteBufUtil.isText(debug, StandardCharsets.US_ASCII)
                ? debug.toString(StandardCharsets.US_ASCII)
                : "";
        live.onGoAway(
            "the other end is leaving, code " + code + (text.isEmpty() ? "" : " ") + text);
      }
    }
  }

  private static final class Builder
      extends AbstractHttp2ConnectionHandlerBuilder<ClientHandler, Builder> {
    private final Lane lane;
    private final SslHandler tls;
    private final Limits limits;
    private final Promise<LiveConnection> ready;

    Builder(Lane lane, SslHandler tls, Limits limits, Promise<LiveConnection> ready) {
      this.lane = lane;
      this.tls = tls;
      this.limits = limits;
      this.ready = ready;
      connection(newConnection());
      initialSettings(
          new Http2Settings()
              .initialWindowSize(limits.window())
              .maxHeaderListSize(Transport.MAX_HEADER_LIST)
              .pushEnabled(false));
    }

    // Streams that share a window each get whole frames in turn, instead of a kilobyte. The window
    // of the connection is always open: else answers that somebody does not read would stop those
    // of everybody else. Each stream has a window of its own.
    private static Http2Connection newConnection() {
      Http2Connection connection = new DefaultHttp2Connection(false);
      connection
          .local()
          .flowController(
              new DefaultHttp2LocalFlowController(
                  connection, DefaultHttp2LocalFlowController.DEFAULT_WINDOW_UPDATE_RATIO, true));
      UniformStreamByteDistributor turns = new UniformStreamByteDistributor(connection);
      turns.minAllocationChunk(Http2CodecUtil.MAX_FRAME_SIZE_LOWER_BOUND);
      connection.remote().flowController(new DefaultHttp2RemoteFlowController(connection, turns));
      return connection;
    }

    @Override
    protected ClientHandler build() {
      return super.build();
    }

    @Override
    protected ClientHandler build(
        Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings) {
      return new ClientHandler(decoder, encoder, settings, this);
    }
  }
}
