package io.trestle.protocol.wire;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Headers;
import io.trestle.protocol.StatusCode;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One request with one message, and the messages that answer it: a unary call or a server stream.
 * Or both ends talk as long as they like: then more messages follow with {@link #send}. Everything
 * happens on the lane of the connection.
 *
 * <p>Headers and message leave together, with the end on the data frame. A failure before the first
 * byte is told from a later one, which decides whether a call may be repeated.
 *
 * <p>The listener hears messages, then exactly one end; after {@link #cancel} it hears nothing.
 */
public final class GrpcExchange implements WireStream.Listener {
  private static final String HTTP_OK = "200";

  private final LiveConnection connection;
  private final Outgoing outgoing;
  private final FrameReader reader;
  private final Listener listener;
  private final boolean talking;
  private final long began = System.nanoTime();
  private @Nullable WireStream stream;
  private @Nullable Runnable waiting;
  private @Nullable CallStatus told;
  private boolean headed;
  private boolean done;

  /** Hears what comes back. */
  public interface Listener {
    /** A message, valid during the call only. */
    void onMessage(ByteBuf message);

    /** The end that the other end told, or the proof that it heard nothing. */
    void onEnd(CallStatus status);

    /** The stream broke: what the other end did is unknown. */
    default void onBroken(CallStatus status) {
      onEnd(status);
    }

    /** The answer was too large, compressed or malformed, and the call was given up. */
    default void onRefused(CallStatus status) {
      onEnd(status);
    }
  }

  /**
   * What to send.
   *
   * @param path the method
   * @param body the message
   * @param timeoutMillis the time the caller waits; 0 for no end
   * @param trace the trace for the metadata; empty for none
   * @param maxMessage bound of one answer
   */
  public record Outgoing(
      String path, Frames.Body body, long timeoutMillis, String trace, int maxMessage) {}

  private GrpcExchange(
      LiveConnection connection, Outgoing outgoing, Listener listener, boolean talking) {
    this.connection = connection;
    this.talking = talking;
    this.outgoing = outgoing;
    this.reader = new FrameReader(outgoing.maxMessage());
    this.listener = listener;
  }

  /** Starts an exchange, on the lane. */
  public static GrpcExchange start(
      LiveConnection connection, Outgoing outgoing, Listener listener) {
    GrpcExchange exchange = new GrpcExchange(connection, outgoing, listener, false);
    exchange.begin();
    return exchange;
  }

  /** Starts an exchange in which this end goes on talking after its first message, on the lane. */
  public static GrpcExchange converse(
      LiveConnection connection, Outgoing outgoing, Listener listener) {
    GrpcExchange exchange = new GrpcExchange(connection, outgoing, listener, true);
    exchange.begin();
    return exchange;
  }

  /**
   * Says more, in an exchange that was begun with {@link #converse}; what is said in one turn of
   * the event loop leaves together. On the lane.
   *
   * @return whether it was said: false before the first message has left, and after the end
   */
  public boolean send(Frames.Body body) {
    WireStream opened = stream;
    if (done || opened == null) {
      return false;
    }
    opened.data(connection.encode(body), false);
    opened.flush();
    return true;
  }

  /** Gives up: the other end is told, the listener is not. On the lane. */
  public void cancel() {
    if (!done) {
      end();
      reset();
      Runnable pending = waiting;
      if (pending != null) {
        connection.forget(pending);
      }
    }
  }

  /** Takes no more than what is under way already; on the lane. */
  public void pause() {
    WireStream opened = stream;
    if (opened != null) {
      opened.pause();
    }
  }

  /** Takes again; on the lane. */
  public void resume() {
    WireStream opened = stream;
    if (opened != null) {
      opened.resume();
    }
  }

  private void begin() {
    if (done) {
      return;
    }
    if (connection.gone()) {
      finish(unsent("the connection is closing"));
    } else if (connection.free()) {
      send();
    } else {
      Runnable again = this::begin;
      waiting = again;
      if (!connection.whenFree(again)) {
        finish(unsent("too many calls wait for the other end"));
      }
    }
  }

  private void send() {
    ByteBuf message = written();
    if (message == null) {
      return;
    }
    WireStream opened = connection.open(GrpcHeaders.request(outgoing, timeLeft()), this);
    if (opened == null) {
      message.release();
      finish(unsent("the connection takes no more calls"));
    } else {
      stream = opened;
      opened.data(message, !talking);
      opened.flush();
    }
  }

  /** The time the caller still waits, in milliseconds: it may have waited for a stream. */
  private long timeLeft() {
    long given = outgoing.timeoutMillis();
    long waited = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
    return given > 0 ? Math.max(1, given - waited) : 0;
  }

  // Before a stream is opened: a message that cannot be written costs none.
  private @Nullable ByteBuf written() {
    try {
      return connection.encode(outgoing.body());
    } catch (RuntimeException e) {
      String text = "message: cannot be written" + Causes.root(e);
      finish(CallStatus.of(StatusCode.INTERNAL, text));
      return null;
    }
  }

  @Override
  public void onHeaders(Http2Headers headers, boolean end) {
    CharSequence status = headers.status();
    if (!headed && !end && status != null && status.charAt(0) == '1') {
      return; // more headers follow
    }
    if (!headed && status != null && !HTTP_OK.contentEquals(status)) {
      CallStatus broken = CallStatus.of(ofHttp(status), "HTTP status " + status);
      abort(broken, listener::onBroken);
      return;
    }
    headed = true;
    told = GrpcHeaders.status(headers).orElse(told);
    if (end) {
      finishAsTold();
    }
  }

  @Override
  public void onData(ByteBuf data, boolean end) {
    CallStatus refusal = done ? null : reader.read(data, this::onMessage);
    if (refusal != null) {
      abort(refusal, listener::onRefused);
    } else if (end) {
      finishAsTold();
    }
  }

  @Override
  public void onReset(long code) {
    String text = "stream reset by the other end, code " + code;
    finish(CallStatus.of(ofReset(code), text), listener::onBroken);
  }

  @Override
  public void onLost() {
    String text = connection.gone() ? "connection lost: " + connection.whyLost() : "stream lost";
    finish(CallStatus.of(StatusCode.UNAVAILABLE, text), listener::onBroken);
  }

  private void onMessage(ByteBuf message) {
    if (!done) {
      listener.onMessage(message);
    }
  }

  private void finishAsTold() {
    CallStatus status = told;
    if (status == null) {
      finish(GrpcHeaders.NO_STATUS, listener::onBroken); // an end, but nobody said which
    } else if (status.ok() && !reader.clean()) {
      finish(CallStatus.of(StatusCode.INTERNAL, "the answer ends within a message"));
    } else {
      finish(status);
    }
  }

  private void abort(CallStatus status, Consumer<CallStatus> heard) {
    if (!done) {
      reset();
      finish(status, heard);
    }
  }

  private void finish(CallStatus status) {
    finish(status, listener::onEnd);
  }

  private void finish(CallStatus status, Consumer<CallStatus> heard) {
    if (!done) {
      end();
      WireStream opened = stream;
      if (opened != null && opened.localOpen()) {
        opened.reset(WireStream.CANCEL); // answered before it was all said: say no more
      }
      heard.accept(status);
    }
  }

  private void end() {
    done = true;
    reader.close();
  }

  private void reset() {
    WireStream opened = stream;
    if (opened != null) {
      opened.reset(WireStream.CANCEL);
    }
  }

  private static CallStatus unsent(String text) {
    return new CallStatus(StatusCode.UNAVAILABLE, text, true);
  }

  private static StatusCode ofReset(long code) {
    if (code == WireStream.CANCEL) {
      return StatusCode.CANCELLED;
    } else if (code == WireStream.REFUSED) {
      return StatusCode.UNAVAILABLE;
    } else if (code == WireStream.ENHANCE_YOUR_CALM) {
      return StatusCode.RESOURCE_EXHAUSTED;
    }
    return StatusCode.INTERNAL;
  }

  private static StatusCode ofHttp(CharSequence status) {
    return switch (status.toString()) {
      case "400" -> StatusCode.INTERNAL;
      case "401" -> StatusCode.UNAUTHENTICATED;
      case "403" -> StatusCode.PERMISSION_DENIED;
      case "404" -> StatusCode.UNIMPLEMENTED;
      case "429", "502", "503", "504" -> StatusCode.UNAVAILABLE;
      default -> StatusCode.UNKNOWN;
    };
  }
}
