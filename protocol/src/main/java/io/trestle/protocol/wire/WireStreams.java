package io.trestle.protocol.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import io.trestle.protocol.transport.Transport;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.impl.HttpServerConnection;
import io.vertx.core.internal.ContextInternal;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The streams of one connection that are handled here, frame by frame, instead of by the HTTP
 * classes of Vert.x; all other frames pass on to whoever listened before.
 *
 * <p>Why: a call is two or three frames each way. Vert.x copies each DATA frame to the heap, passes
 * it through a queue with back-pressure that a message of bounded size does not need, and builds
 * request and response objects with maps of their own. Here the bytes go from the buffer in which
 * they were decrypted to the array of the application, copied once, and the other way the same.
 * Netty's codec below, with its flow control and its limits, is the same in both cases, and so is
 * everything about the connection: TLS, settings, pings, floods, draining.
 *
 * <p><b>Flushing.</b> A write system call costs more than a small call. While frames are being read
 * nothing is flushed: the codec does it when the network has nothing more to read. Outside of
 * reading, the flush waits until the loop has run what else is queued, so that calls which begin
 * together leave together. But what fills a TLS record goes out at once: it saves nothing to wait,
 * and the other end works meanwhile.
 *
 * <p><b>What was written.</b> Who waits until bytes are taken is told in a turn of its own. Netty
 * says it in the middle of its work: a sender that went on from there would add to the very queue
 * that is being emptied, without end when the connection has just failed.
 *
 * <p><b>Flow control.</b> Received bytes count as consumed at once, unless their stream is paused.
 * Whoever listens must bound what it keeps; unary messages are bounded by their size.
 */
public final class WireStreams extends Http2FrameListenerDecorator {
  private static final Logger LOG = System.getLogger(WireStreams.class.getName());

  /** A TLS record: what fills one need not wait for company. */
  private static final int FULL = 16 << 10;

  private final ContextInternal context;
  private final ChannelHandlerContext channel;
  private final Http2ConnectionHandler handler;
  private final Http2Connection connection;
  private final Http2Connection.PropertyKey key;
  private final Acceptor acceptor;
  private final Runnable flush = this::flushNow;
  private final Runnable tellTaken = this::tellTaken;
  private List<Runnable> taken = new ArrayList<>();
  private int unflushed;
  private boolean reading;
  private boolean flushing;

  /** Decides about streams that the other end opens. */
  @FunctionalInterface
  public interface Acceptor {
    /** Who listens to this stream; null to leave it to whoever listened before. */
    WireStream.@Nullable Listener accept(WireStream stream, Http2Headers headers);
  }

  private WireStreams(
      Lane lane, ChannelHandlerContext channel, Http2ConnectionHandler handler, Acceptor acceptor) {
    super(handler.decoder().frameListener());
    this.context = lane.context();
    this.channel = channel;
    this.handler = handler;
    this.connection = handler.connection();
    this.key = connection.newKey();
    this.acceptor = acceptor;
  }

  /**
   * Whether a connection that an HTTP server of Vert.x has accepted speaks HTTP/2. BoringSSL cannot
   * refuse a client that offers no protocol, and then it is HTTP/1.1.
   */
  public static boolean isHttp2(HttpConnection connection) {
    return ((HttpServerConnection) connection).channelHandlerContext().handler()
        instanceof Http2ConnectionHandler;
  }

  /**
   * Takes the streams of a connection that an HTTP server of Vert.x has accepted; to be called by
   * its connection handler.
   *
   * @param connection one that {@link #isHttp2}
   * @param lane the lane on which the server listens
   */
  public static void serve(Lane lane, HttpConnection connection, Acceptor acceptor) {
    serve(lane, connection, StallWatch.Bounds.USUAL, acceptor);
  }

  static void serve(
      Lane lane, HttpConnection connection, StallWatch.Bounds bounds, Acceptor acceptor) {
    ChannelHandlerContext channel = ((HttpServerConnection) connection).channelHandlerContext();
    Http2ConnectionHandler handler = (Http2ConnectionHandler) channel.handler();
    handler.encoder().lifecycleManager(new FailedWrites(handler));
    WireStreams streams = take(lane, channel, handler, acceptor, () -> {});
    StallWatch.start(lane, channel.channel(), streams, bounds);
  }

  static WireStreams take(
      Lane lane,
      ChannelHandlerContext channel,
      Http2ConnectionHandler handler,
      Acceptor acceptor,
      Runnable onClosed) {
    WireStreams streams = new WireStreams(lane, channel, handler, acceptor);
    handler.decoder().frameListener(streams);
    Transport.widen(channel.channel());
    handler.connection().addListener(streams.new Closing(onClosed));
    channel.pipeline().addAfter(channel.name(), null, streams.new ReadEnd());
    return streams;
  }

  /** Whether another stream may be opened now. */
  boolean free() {
    return connection.local().canOpenStream();
  }

  /** Whether no further stream fits the numbers there are. */
  boolean exhausted() {
    return connection.local().lastStreamCreated() > Integer.MAX_VALUE - 2;
  }

  int active() {
    return connection.numActiveStreams();
  }

  /** Everybody who is here. */
  void forEach(Consumer<WireStream> action) throws Http2Exception {
    connection.forEachActiveStream(
        active -> {
          WireStream stream = of(active);
          if (stream != null) {
            action.accept(stream);
          }
          return true;
        });
  }

  void stalled(WireStream stream) {
    tell(stream, WireStream::onStalled);
  }

  /** Opens a stream; null if the connection takes none any more. */
  @Nullable WireStream open(Http2Headers headers, WireStream.Listener listener) {
    int id = connection.local().incrementAndGetNextStreamId();
    if (id < 0) {
      return null;
    }
    writeHeaders(id, headers, false);
    Http2Stream opened = connection.stream(id);
    if (opened == null) {
      return null;
    }
    WireStream stream = new WireStream(this, opened);
    stream.listen(listener);
    opened.setProperty(key, stream);
    return stream;
  }

  ByteBufAllocator alloc() {
    return channel.alloc();
  }

  void writeHeaders(int id, Http2Headers headers, boolean end) {
    var unused = handler.encoder().writeHeaders(channel, id, headers, 0, end, channel.newPromise());
  }

  void writeData(int id, ByteBuf data, boolean end) {
    int bytes = data.readableBytes();
    var unused = handler.encoder().writeData(channel, id, data, 0, end, channel.newPromise());
    wrote(bytes);
  }

  void writeData(int id, ByteBuf data, Runnable gone) {
    int bytes = data.readableBytes();
    ChannelPromise promise = channel.newPromise();
    promise.addListener(done -> taken(gone));
    var unused = handler.encoder().writeData(channel, id, data, 0, false, promise);
    wrote(bytes);
  }

  private void taken(Runnable gone) {
    taken.add(gone);
    if (taken.size() == 1) {
      channel.executor().execute(tellTaken);
    }
  }

  private void tellTaken() {
    List<Runnable> told = taken;
    taken = new ArrayList<>();
    ContextInternal previous = context.beginDispatch();
    try {
      told.forEach(WireStreams::tell);
    } finally {
      context.endDispatch(previous);
    }
  }

  private static void tell(Runnable gone) {
    try {
      gone.run();
    } catch (RuntimeException | Error e) {
      LOG.log(Level.ERROR, "a sender failed on its event loop", e);
    }
  }

  void consume(Http2Stream stream, int bytes) {
    try {
      if (connection.local().flowController().consumeBytes(stream, bytes)) {
        flush();
      }
    } catch (Http2Exception e) {
      channel.fireExceptionCaught(e);
    }
  }

  void reset(int id, long code) {
    if (connection.stream(id) != null) {
      ChannelFuture unused = handler.resetStream(channel, id, code, channel.newPromise());
      flush();
    }
  }

  void flush() {
    if (!reading && !flushing) {
      flushing = true;
      channel.executor().execute(flush);
    }
  }

  private void wrote(int bytes) {
    unflushed += bytes;
    if (unflushed >= FULL) {
      unflushed = 0;
      channel.channel().flush();
    }
  }

  private void flushNow() {
    flushing = false;
    unflushed = 0;
    channel.channel().flush();
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext ctx, int id, Http2Headers headers, int padding, boolean end)
      throws Http2Exception {
    if (!headers(id, headers, end)) {
      super.onHeadersRead(ctx, id, headers, padding, end);
    }
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext ctx,
      int id,
      Http2Headers headers,
      int dependency,
      short weight,
      boolean exclusive,
      int padding,
      boolean end)
      throws Http2Exception {
    if (!headers(id, headers, end)) {
      super.onHeadersRead(ctx, id, headers, dependency, weight, exclusive, padding, end);
    }
  }

  @Override
  public int onDataRead(ChannelHandlerContext ctx, int id, ByteBuf data, int padding, boolean end)
      throws Http2Exception {
    reading = true;
    WireStream stream = find(id);
    if (stream == null) {
      return super.onDataRead(ctx, id, data, padding, end);
    }
    int count = data.readableBytes() + padding;
    tell(stream, s -> s.onData(data, end));
    return stream.taken(count);
  }

  @Override
  public void onRstStreamRead(ChannelHandlerContext ctx, int id, long code) throws Http2Exception {
    reading = true;
    WireStream stream = find(id);
    if (stream == null) {
      super.onRstStreamRead(ctx, id, code);
    } else {
      tell(stream, s -> s.onReset(code));
    }
  }

  @Override
  public void onWindowUpdateRead(ChannelHandlerContext ctx, int id, int increment)
      throws Http2Exception {
    WireStream stream = find(id);
    if (stream != null) {
      stream.onWindow();
    }
    super.onWindowUpdateRead(ctx, id, increment);
  }

  private boolean headers(int id, Http2Headers headers, boolean end) {
    reading = true;
    WireStream stream = find(id);
    if (stream == null) {
      stream = accept(id, headers);
    }
    if (stream == null) {
      return false;
    }
    tell(stream, s -> s.onHeaders(headers, end));
    return true;
  }

  private @Nullable WireStream accept(int id, Http2Headers headers) {
    Http2Stream opened = connection.stream(id);
    if (opened == null || connection.local().isValidStreamId(id)) {
      return null;
    }
    WireStream stream = new WireStream(this, opened);
    WireStream.Listener listener = acceptor.accept(stream, headers);
    if (listener == null) {
      return null;
    }
    stream.listen(listener);
    opened.setProperty(key, stream);
    return stream;
  }

  private @Nullable WireStream find(int id) {
    return of(connection.stream(id));
  }

  private @Nullable WireStream of(@Nullable Http2Stream stream) {
    return stream == null ? null : stream.getProperty(key);
  }

  // A listener that throws must not cost the others their connection.
  private void tell(WireStream stream, Consumer<WireStream> what) {
    ContextInternal previous = context.beginDispatch();
    try {
      what.accept(stream);
    } catch (RuntimeException | Error e) {
      LOG.log(Level.ERROR, "a call failed on its event loop", e);
      abandon(stream);
    } finally {
      context.endDispatch(previous);
    }
  }

  private void abandon(WireStream stream) {
    try {
      stream.fault();
    } catch (RuntimeException | Error e) {
      LOG.log(Level.ERROR, "a call failed while it was given up", e);
    }
  }

  private final class Closing extends Http2ConnectionAdapter {
    private final Runnable onClosed;

    Closing(Runnable onClosed) {
      this.onClosed = onClosed;
    }

    @Override
    public void onStreamClosed(Http2Stream closed) {
      WireStream stream = of(closed);
      if (stream != null) {
        tell(stream, WireStream::onClosed);
        onClosed.run();
      }
    }
  }

  /** Sits behind the codec, which flushes right after this. */
  private final class ReadEnd extends ChannelInboundHandlerAdapter {
    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      reading = false;
      unflushed = 0;
      ctx.fireChannelReadComplete();
    }
  }
}
