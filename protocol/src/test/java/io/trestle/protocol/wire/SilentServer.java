package io.trestle.protocol.wire;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.http2.AbstractHttp2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.util.ReferenceCountUtil;
import io.trestle.protocol.HostPort;
import io.trestle.protocol.transport.Identity;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/** A server that shakes hands and then says too little. */
final class SilentServer implements AutoCloseable {
  final List<Channel> accepted = new CopyOnWriteArrayList<>();
  private final Channel listening;

  private SilentServer(Vertx vertx, Identity identity, Supplier<ChannelHandler> behind)
      throws Exception {
    SslContext tls = context(identity);
    VertxInternal internal = (VertxInternal) vertx;
    this.listening =
        new ServerBootstrap()
            .group(internal.nettyEventLoopGroup())
            .channelFactory(internal.transport().serverChannelFactory(false))
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    accepted.add(channel);
                    channel.pipeline().addLast(tls.newHandler(channel.alloc()), behind.get());
                  }
                })
            .bind("127.0.0.1", 0)
            .sync()
            .channel();
  }

  /** Never says its settings. */
  static SilentServer withoutSettings(Vertx vertx, Identity identity) throws Exception {
    return new SilentServer(vertx, identity, Dropping::new);
  }

  /** Answers neither calls nor pings. */
  static SilentServer withoutPongs(Vertx vertx, Identity identity) throws Exception {
    return new SilentServer(vertx, identity, () -> new Builder().build());
  }

  HostPort address() {
    return new HostPort("127.0.0.1", ((InetSocketAddress) listening.localAddress()).getPort());
  }

  private static SslContext context(Identity identity) throws Exception {
    return SslContextBuilder.forServer(identity.key(), identity.chain())
        .protocols("TLSv1.3")
        .applicationProtocolConfig(
            new ApplicationProtocolConfig(
                Protocol.ALPN,
                SelectorFailureBehavior.NO_ADVERTISE,
                SelectedListenerFailureBehavior.ACCEPT,
                "h2"))
        .build();
  }

  @Override
  public void close() throws Exception {
    listening.close().sync();
    for (Channel channel : accepted) {
      channel.close().sync();
    }
  }

  private static final class Dropping extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ReferenceCountUtil.release(message);
    }
  }

  private static final class Builder
      extends AbstractHttp2ConnectionHandlerBuilder<Http2ConnectionHandler, Builder> {
    @Override
    protected Http2ConnectionHandler build() {
      return server(true)
          .frameListener(new Http2FrameAdapter())
          .autoAckPingFrame(false)
          .buildSuper();
    }

    private Http2ConnectionHandler buildSuper() {
      return super.build();
    }

    @Override
    protected Http2ConnectionHandler build(
        Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings) {
      return new Http2ConnectionHandler(decoder, encoder, settings) {};
    }
  }
}
