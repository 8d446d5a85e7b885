package io.trestle.protocol.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.handler.ssl.DelegatingSslContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.trestle.protocol.HostPort;
import io.trestle.protocol.SpiffeId;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.transport.Identity;
import io.trestle.protocol.transport.Loopback;
import io.trestle.protocol.transport.TlsEngine;
import io.trestle.protocol.transport.Transport;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;

/** A client for tests: one lane, one certificate, one channel per target and name. Any thread. */
public final class Caller implements AutoCloseable {
  final Lane lane;
  final Dialer dialer;

  /** The channels of connections whose handshake is done. */
  final Queue<Channel> connected;

  private final Map<String, PinnedChannel> channels = new ConcurrentHashMap<>();

  /** How an exchange ended. */
  enum How {
    ENDED,
    BROKEN,
    REFUSED
  }

  /** All that a listener has heard. */
  record Reply(How how, CallStatus status, List<byte[]> messages) {
    StatusCode code() {
      return status.code();
    }

    String text() {
      return new String(messages.get(0), StandardCharsets.UTF_8);
    }
  }

  private Caller(Vertx vertx, Dialer dialer, Queue<Channel> connected) {
    this.connected = connected;
    this.lane = Lane.create(vertx);
    this.dialer = dialer;
  }

  /** A client that shows a certificate, or none. */
  public static Caller create(
      Vertx vertx, TlsEngine engine, @Nullable Identity identity, X509Certificate ca) {
    return create(vertx, engine, identity, ca, Limits.USUAL);
  }

  static Caller create(
      Vertx vertx,
      TlsEngine engine,
      @Nullable Identity identity,
      X509Certificate ca,
      Limits limits) {
    Queue<Channel> connected = new ConcurrentLinkedQueue<>();
    Dialer dialer =
        new Dialer(
            vertx,
            identity,
            shown -> watched(Loopback.clientContext(engine, shown, ca), connected),
            limits);
    return new Caller(vertx, dialer, connected);
  }

  private static SslContext watched(SslContext context, Queue<Channel> connected) {
    return new DelegatingSslContext(context) {
      @Override
      protected void initEngine(SSLEngine engine) {}

      @Override
      protected void initHandler(SslHandler handler) {
        handler
            .handshakeFuture()
            .addListener(
                shaken -> {
                  if (shaken.isSuccess()) {
                    connected.add((Channel) shaken.getNow());
                  }
                });
      }
    };
  }

  PinnedChannel channel(HostPort target, SpiffeId expected) {
    return channels.computeIfAbsent(
        target + expected.uri(),
        key -> new PinnedChannel(lane, dialer, target, expected, Transport.IDLE_CHANNEL));
  }

  /** The connection to a target. */
  LiveConnection connection(HostPort target, SpiffeId expected) throws Exception {
    CompletableFuture<LiveConnection> made = new CompletableFuture<>();
    PinnedChannel channel = channel(target, expected);
    PinnedChannel.Waiter waiter =
        PinnedChannel.Waiter.of(made::complete, made::completeExceptionally);
    lane.execute(() -> channel.connect(waiter));
    return await(made);
  }

  /** Has the channel to a target forget its connection. */
  void drop(HostPort target, SpiffeId expected) throws Exception {
    LiveConnection connection = connection(target, expected);
    lane.execute(() -> channel(target, expected).drop(connection));
  }

  /** Calls and waits for the text that comes back. */
  public String echo(HostPort target, SpiffeId expected, String text) throws Exception {
    Heard heard = new Heard();
    var unused = start(connection(target, expected), outgoing(text), heard);
    return heard.reply().text();
  }

  /** Why there is no connection. */
  public Throwable failure(HostPort target, SpiffeId expected) throws Exception {
    try {
      connection(target, expected);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      return cause == null ? e : cause;
    }
    throw new AssertionError("connected (expected: a failure)");
  }

  /** Starts an exchange from any thread. */
  CompletableFuture<GrpcExchange> start(
      LiveConnection connection, GrpcExchange.Outgoing outgoing, GrpcExchange.Listener listener) {
    CompletableFuture<GrpcExchange> started = new CompletableFuture<>();
    lane.execute(() -> started.complete(GrpcExchange.start(connection, outgoing, listener)));
    return started;
  }

  static GrpcExchange.Outgoing outgoing(String text) {
    return outgoing(text.getBytes(StandardCharsets.UTF_8));
  }

  static GrpcExchange.Outgoing outgoing(byte[] bytes) {
    return outgoing(bytes.length, bytes);
  }

  static GrpcExchange.Outgoing outgoing(int size, byte[] bytes) {
    Frames.Body body =
        new Frames.Body() {
          @Override
          public int size() {
            return size;
          }

          @Override
          public void writeTo(ByteBuf out) {
            out.writeBytes(bytes);
          }
        };
    return new GrpcExchange.Outgoing("/test.Echo/Unary", body, 0, "", Transport.MAX_MESSAGE);
  }

  static <T> T await(CompletableFuture<T> future) throws Exception {
    return future.get(60, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    channels.values().forEach(PinnedChannel::close);
  }

  /** Collects what comes back; a second end is an error that {@link #ends} shows. */
  static final class Heard implements GrpcExchange.Listener {
    final CompletableFuture<Reply> reply = new CompletableFuture<>();
    volatile int ends;
    private final List<byte[]> messages = new ArrayList<>();
    private final Consumer<ByteBuf> onMessage;

    Heard() {
      this(message -> {});
    }

    Heard(Consumer<ByteBuf> onMessage) {
      this.onMessage = onMessage;
    }

    Reply reply() throws Exception {
      return await(reply);
    }

    @Override
    public void onMessage(ByteBuf message) {
      messages.add(ByteBufUtil.getBytes(message));
      onMessage.accept(message);
    }

    @Override
    public void onEnd(CallStatus status) {
      end(How.ENDED, status);
    }

    @Override
    public void onBroken(CallStatus status) {
      end(How.BROKEN, status);
    }

    @Override
    public void onRefused(CallStatus status) {
      end(How.REFUSED, status);
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes
    private void end(How how, CallStatus status) {
      ends++;
      reply.complete(new Reply(how, status, List.copyOf(messages)));
    }
  }
}
