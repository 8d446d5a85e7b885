package io.trestle.protocol.transport;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.handler.ssl.DelegatingSslContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.vertx.core.spi.tls.SslContextFactory;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLEngine;

/**
 * A TLS context with two rules on top of the library's.
 *
 * <p><b>HTTP/2 or nothing.</b> BoringSSL cannot answer an unknown ALPN offer with an alert, and
 * without an agreed protocol Vert.x falls back to HTTP/1.1. Here a connection on which the
 * handshake did not settle on {@code h2} is closed, at both ends.
 *
 * <p><b>No resumption.</b> A resumed session shows the leaf of the first handshake for as long as
 * the context lives, so a rotated identity would stay invisible, and certificates would not be
 * checked again. Both engines file client sessions under the address of the peer and skip the
 * filing when there is none; so client engines are made without the address. This also leaves out
 * SNI, which nobody in this protocol looks at. Tried and rejected: {@code setSessionCacheEnabled}
 * of the Vert.x options, which reaches only the cache of servers, and the cache switch of Netty's
 * session context, which only BoringSSL has.
 */
final class StrictSslContext extends DelegatingSslContext {
  private final SslContext delegate;

  private StrictSslContext(SslContext delegate) {
    super(delegate);
    this.delegate = delegate;
  }

  @Override
  protected SslHandler newHandler(
      ByteBufAllocator alloc, String peerHost, int peerPort, boolean startTls, Executor executor) {
    if (!isClient()) {
      return super.newHandler(alloc, peerHost, peerPort, startTls, executor);
    }
    SslHandler handler = delegate.newHandler(alloc, executor);
    initHandler(handler);
    return handler;
  }

  @Override
  protected void initEngine(SSLEngine engine) {
    // Protocols and parameters are set by the context Vert.x wraps around this one.
  }

  @Override
  protected void initHandler(SslHandler handler) {
    handler
        .handshakeFuture()
        .addListener((Future<Channel> handshake) -> closeUnlessHttp2(handler, handshake));
  }

  private static void closeUnlessHttp2(SslHandler handler, Future<Channel> handshake) {
    if (handshake.isSuccess() && !"h2".equals(handler.applicationProtocol())) {
      ChannelFuture unused = handshake.getNow().close();
    }
  }

  /** Builds what the wrapped factory builds, and puts the two rules on top. */
  static SslContextFactory factory(SslContextFactory delegate) {
    return new WrappingSslContextFactory(delegate, StrictSslContext::new);
  }
}
