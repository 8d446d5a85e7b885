package io.trestle.protocol.wire;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.handler.ssl.SslContext;
import io.trestle.protocol.HostPort;
import io.trestle.protocol.transport.Identity;
import io.trestle.protocol.transport.Transport;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import java.security.cert.X509Certificate;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes connections under one certificate, which may change: the next connection shows the new one,
 * and those that exist go on. Any thread.
 */
public final class Dialer {
  private final VertxInternal vertx;
  private final Function<@Nullable Identity, SslContext> contexts;
  private final Limits limits;
  private volatile Supplier<SslContext> tls;

  /**
   * A dialer.
   *
   * @param identity what connections show; null for nothing
   * @param ca the only root of trust
   */
  public Dialer(Vertx vertx, @Nullable Identity identity, X509Certificate ca) {
    this(vertx, identity, shown -> Transport.clientContext(shown, ca), Limits.USUAL);
  }

  Dialer(
      Vertx vertx,
      @Nullable Identity identity,
      Function<@Nullable Identity, SslContext> contexts,
      Limits limits) {
    this.vertx = (VertxInternal) vertx;
    this.contexts = contexts;
    this.limits = limits;
    this.tls = context(identity);
  }

  /** Shows another certificate from the next connection on. */
  public void use(Identity identity) {
    tls = context(identity);
  }

  /**
   * Connects. The future completes on the lane, when the other end has accepted the handshake and
   * said its settings; a failure therefore proves that no call was heard.
   */
  Future<LiveConnection> dial(Lane lane, HostPort target) {
    Promise<LiveConnection> promise = Promise.promise();
    SslContext context;
    try {
      context = tls.get();
    } catch (RuntimeException e) {
      return Future.failedFuture(e);
    }
    new Bootstrap()
        .group(lane.loop())
        .channelFactory(vertx.transport().channelFactory(false))
        .resolver(vertx.nameResolver().nettyAddressResolverGroup())
        .option(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
        .option(ChannelOption.TCP_NODELAY, true)
        .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) Transport.HANDSHAKE_TIMEOUT.toMillis())
        .handler(
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel channel) {
                ClientHandler.install(lane, channel, context, limits, promise);
              }
            })
        .connect(target.host(), target.port())
        .addListener(
            connected -> {
              if (!connected.isSuccess()) {
                promise.tryFail(connected.cause());
              }
            });
    return promise.future();
  }

  // Made when first needed, once: many identities never dial.
  private Supplier<SslContext> context(@Nullable Identity identity) {
    return new Supplier<>() {
      private @Nullable SslContext made;

      @Override
      public synchronized SslContext get() {
        SslContext context = made;
        if (context == null) {
          made = context = contexts.apply(identity);
        }
        return context;
      }
    };
  }
}
