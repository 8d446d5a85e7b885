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
import org.jspecify.annotations.Nullable;

/**
 * Makes connections under one certificate, which may change: the next connection shows the new one,
 * and those that exist go on. Any thread.
 *
 * <p>What TLS needs of a certificate takes up to a tenth of a second to make when nothing is loaded
 * yet. It is made once, when first needed, since many identities never dial, and on a worker.
 */
public final class Dialer {
  private final VertxInternal vertx;
  private final Function<@Nullable Identity, SslContext> contexts;
  private final Limits limits;
  private volatile Shown shown;

  /**
   * A dialer.
   *
   * @param identity what connections show; null for nothing
   * @param ca the only root of trust
   */
  public Dialer(Vertx vertx, @Nullable Identity identity, X509Certificate ca) {
    this(vertx, identity, shown -> Transport.clientContext(shown, ca), Limits.USUAL);
  }

  /**
   * A dialer of connections whose streams have another window than usual.
   *
   * @param window what one stream may have under way to us, 65,535 bytes or more
   */
  public Dialer(Vertx vertx, @Nullable Identity identity, X509Certificate ca, int window) {
    this(
        vertx,
        identity,
        shown -> Transport.clientContext(shown, ca),
        Limits.USUAL.withWindow(window));
  }

  Dialer(
      Vertx vertx,
      @Nullable Identity identity,
      Function<@Nullable Identity, SslContext> contexts,
      Limits limits) {
    this.vertx = (VertxInternal) vertx;
    this.contexts = contexts;
    this.limits = limits;
    this.shown = new Shown(identity);
  }

  /** Shows another certificate from the next connection on. */
  public void use(Identity identity) {
    shown = new Shown(identity);
  }

  /**
   * Connects. The future completes on the lane, when the other end has accepted the handshake and
   * said its settings; a failure therefore proves that no call was heard.
   */
  Future<LiveConnection> dial(Lane lane, HostPort target) {
    Promise<LiveConnection> promise = Promise.promise();
    shown
        .context()
        .onComplete(
            made ->
                lane.execute(
                    () -> {
                      if (made.succeeded()) {
                        connect(lane, target, made.result(), promise);
                      } else {
                        promise.fail(made.cause());
                      }
                    }));
    return promise.future();
  }

  private void connect(
      Lane lane, HostPort target, SslContext context, Promise<LiveConnection> promise) {
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
  }

  /** One certificate, or none, and what TLS needs to show it. */
  private final class Shown {
    private final @Nullable Identity identity;
    private @Nullable Future<SslContext> context;

    Shown(@Nullable Identity identity) {
      this.identity = identity;
    }

    synchronized Future<SslContext> context() {
      Future<SslContext> known = context;
      if (known == null || known.failed()) {
        context = known = vertx.executeBlocking(() -> contexts.apply(identity), false);
      }
      return known;
    }
  }
}
