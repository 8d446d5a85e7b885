package io.trestle.kernel.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http2.Http2Headers;
import io.trestle.protocol.wire.WireStream;
import io.vertx.core.buffer.Buffer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One request as it arrives: its head, its body, and whether the client is still there. Thread: the
 * event loop of the connection.
 */
final class RequestStream implements WireStream.Listener, Headers {
  private final WireStream wire;
  private final Consumer<RequestStream> judge;
  private @Nullable Http2Headers head;
  private @Nullable Body body;
  private Runnable onGone = () -> {};
  private Runnable onStalled = () -> {};
  private boolean ended;
  private boolean gone;

  /** Hears of the body. */
  interface Body {
    /** Some of it. */
    void chunk(Buffer bytes);

    /** That was all. */
    void end();
  }

  /**
   * A request of which nothing is known yet.
   *
   * @param judge decides what becomes of it when its head is there
   */
  RequestStream(WireStream wire, Consumer<RequestStream> judge) {
    this.wire = wire;
    this.judge = judge;
  }

  @Override
  public @Nullable String get(String name) {
    CharSequence value = head == null ? null : head.get(name);
    return value == null ? null : value.toString();
  }

  String method() {
    CharSequence method = head == null ? null : head.method();
    return method == null ? "" : method.toString();
  }

  String path() {
    CharSequence path = head == null ? null : head.path();
    return path == null ? "" : path.toString();
  }

  /** Where the answer goes. */
  WireStream wire() {
    return wire;
  }

  /** Whether the client has said everything. */
  boolean ended() {
    return ended;
  }

  /** Whether nothing can be answered any more. */
  boolean gone() {
    return gone;
  }

  /** Who reads the body; nobody else does. */
  void read(Body reader) {
    body = reader;
  }

  /** Runs when the client has given up or its connection is lost. */
  void onGone(Runnable action) {
    onGone = action;
  }

  /** Runs when the body does not end within 30 s, perhaps more than once. */
  void onStalled(Runnable action) {
    onStalled = action;
  }

  @Override
  public void onStalled() {
    onStalled.run();
  }

  @Override
  public void onHeaders(Http2Headers headers, boolean end) {
    if (head == null) {
      head = headers;
      ended = end;
      judge.accept(this);
    }
    if (end) {
      over();
    }
  }

  @Override
  public void onData(ByteBuf data, boolean end) {
    ended |= end;
    Body reader = body;
    if (reader != null && data.isReadable()) {
      reader.chunk(Buffer.buffer(ByteBufUtil.getBytes(data)));
    }
    if (end) {
      over();
    }
  }

  @Override
  public void onReset(long code) {
    lost();
  }

  @Override
  public void onLost() {
    lost();
  }

  private void over() {
    ended = true;
    Body reader = body;
    if (reader != null) {
      reader.end();
    }
  }

  private void lost() {
    gone = true;
    onGone.run();
  }
}
