package io.trestle.kernel.gateway;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.DelegatingSslContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.trestle.protocol.transport.WrappingSslContextFactory;
import io.vertx.core.net.SSLEngineOptions;
import io.vertx.core.spi.tls.SslContextFactory;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLEngine;

/**
 * The TLS engine of the listener: the shared one, whose connections ask a {@link HandshakeGate}
 * first.
 */
final class GatedEngine extends SSLEngineOptions {
  private final SSLEngineOptions delegate;
  private final HandshakeGate gate;

  GatedEngine(SSLEngineOptions delegate, HandshakeGate gate) {
    super(delegate);
    this.delegate = delegate;
    this.gate = gate;
  }

  @Override
  public SSLEngineOptions copy() {
    return new GatedEngine(delegate.copy(), gate);
  }

  @Override
  public SslContextFactory sslContextFactory() {
    return new WrappingSslContextFactory(
        delegate.sslContextFactory(), context -> new GatedContext(context, gate));
  }

  /** The handler at the head of a connection. */
  private static final class GatedHandler extends SslHandler {
    private final HandshakeGate gate;

    GatedHandler(SSLEngine engine, boolean startTls, Executor executor, HandshakeGate gate) {
      super(engine, startTls, executor);
      this.gate = gate;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) throws Exception {
      setHandshakeTimeoutMillis(gate.bounds().limit().toMillis());
      super.handlerAdded(ctx);
      gate.enter(ctx.channel(), handshakeFuture());
      var unused = handshakeFuture().addListener((Future<Channel> done) -> closeUnlessHttp2(done));
    }

    // BoringSSL cannot refuse a client that offers no protocol; Vert.x would speak HTTP/1.1 to it.
    private void closeUnlessHttp2(Future<Channel> handshake) {
      if (handshake.isSuccess() && !"h2".equals(applicationProtocol())) {
        var unused = handshake.getNow().close();
      }
    }
  }

  private static final class GatedContext extends DelegatingSslContext {
    private final HandshakeGate gate;

    GatedContext(SslContext delegate, HandshakeGate gate) {
      super(delegate);
      this.gate = gate;
    }

    @Override
    protected SslHandler newHandler(ByteBufAllocator alloc, boolean startTls, Executor executor) {
      return gated(super.newHandler(alloc, startTls, executor), startTls, executor);
    }

    @Override
    protected SslHandler newHandler(
        ByteBufAllocator alloc, String host, int port, boolean startTls, Executor executor) {
      return gated(super.newHandler(alloc, host, port, startTls, executor), startTls, executor);
    }

    @Override
    protected void initEngine(SSLEngine engine) {
      // Protocols and parameters are set by the context that Vert.x wraps around this one.
    }

    private SslHandler gated(SslHandler handler, boolean startTls, Executor executor) {
      return new GatedHandler(handler.engine(), startTls, executor, gate);
    }
  }
}
