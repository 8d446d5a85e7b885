package io.trestle.protocol.wire;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/2 stream. On the event loop of its connection only. What is written goes out with the
 * next {@link #flush}, together with what other streams have written by then.
 *
 * <p>What is received counts as taken at once, unless the stream is paused: then the other end may
 * fill the window of the stream and no more.
 */
public final class WireStream {
  /** Gives up a call. */
  public static final long CANCEL = 8;

  /** The stream was not processed. */
  public static final long REFUSED = 7;

  /** The other end asks for less load. */
  public static final long ENHANCE_YOUR_CALM = 11;

  static final long INTERNAL_ERROR = 2;

  /** Nothing went wrong, and nothing more is wanted. */
  public static final long NO_ERROR = 0;

  private final WireStreams owner;
  private final Http2Stream stream;
  private final long began = System.nanoTime();
  private @Nullable Listener listener;
  private long answered;
  private long moved;
  private int untaken;
  private int withheld;
  private boolean unread;
  private boolean paused;
  private boolean remoteEnded;
  private boolean localEnded;

  /** Hears what arrives. After {@code onReset} and {@code onLost} nothing follows. */
  public interface Listener {
    /** Headers or trailers; valid during the call only. */
    void onHeaders(Http2Headers headers, boolean end);

    /** Bytes; they may be retained. */
    void onData(ByteBuf data, boolean end);

    /** The other end has given up the stream, or it was given up because nobody reads it. */
    void onReset(long code);

    /** The connection is gone, or the stream was lost to a fault. */
    void onLost();

    /** The other end has begun to talk and does not go on; the stream is to be ended. */
    default void onStalled() {}
  }

  WireStream(WireStreams owner, Http2Stream stream) {
    this.owner = owner;
    this.stream = stream;
  }

  void listen(Listener listener) {
    this.listener = listener;
  }

  /** Writes headers, or trailers. */
  public void headers(Http2Headers headers, boolean end) {
    saidAll(end);
    owner.writeHeaders(stream.id(), headers, end);
  }

  /** Writes bytes, which belong to the stream from now on. */
  public void data(ByteBuf data, boolean end) {
    saidAll(end);
    owner.writeData(stream.id(), data, end);
  }

  /**
   * Writes bytes, which belong to the stream from now on.
   *
   * @param gone runs when the network has taken them, or never will; in a turn of its own
   */
  public void data(ByteBuf data, Runnable gone) {
    if (untaken++ == 0) {
      moved = System.nanoTime();
    }
    owner.writeData(stream.id(), data, () -> taken(gone));
  }

  private void taken(Runnable gone) {
    untaken--;
    moved = System.nanoTime();
    gone.run();
  }

  /** The other end reads: it gave a window. */
  void onWindow() {
    moved = System.nanoTime();
  }

  /** Takes no more than what is under way already. */
  public void pause() {
    paused = true;
  }

  /** Takes again. */
  public void resume() {
    paused = false;
    int bytes = withheld;
    withheld = 0;
    if (bytes > 0) {
      owner.consume(stream, bytes);
    }
  }

  /** How many of the bytes that have just arrived count as taken. */
  int taken(int bytes) {
    if (paused) {
      withheld += bytes;
      return 0;
    }
    return bytes;
  }

  /** A message with its frame header, to be written with {@link #data}. */
  public ByteBuf encode(Frames.Body body) {
    return Frames.encode(owner.alloc(), body);
  }

  /**
   * Sends what was written, which is everything; a caller that still talks is told to stop (RFC
   * 9113, 8.1).
   */
  public void finish() {
    flush();
    if (!remoteEnded) {
      reset(NO_ERROR);
    }
  }

  /** Sends what was written. */
  public void flush() {
    owner.flush();
  }

  /** Gives the stream up; the listener hears nothing any more. */
  public void reset(long code) {
    listener = null;
    owner.reset(stream.id(), code);
  }

  private void saidAll(boolean end) {
    if (end) {
      localEnded = true;
      answered = System.nanoTime();
    }
  }

  /** Gives the stream up because its listener has thrown; that is the last it hears. */
  void fault() {
    Listener hears = listener;
    reset(INTERNAL_ERROR);
    if (hears != null) {
      hears.onLost();
    }
  }

  /** Whether the other end should have gone on by now. */
  void judge(long now, StallWatch.Bounds bounds, Consumer<WireStream> late) {
    boolean over =
        localEnded
            ? now - answered > bounds.answer().toNanos()
            : !remoteEnded && now - began > bounds.request().toNanos();
    if (over || isUnread(now, bounds)) {
      late.accept(this);
    }
  }

  private boolean isUnread(long now, StallWatch.Bounds bounds) {
    unread = !localEnded && untaken > 0 && now - moved > bounds.stream().toNanos();
    return unread;
  }

  /** The other end is late. */
  void onStalled() {
    Listener hears = listener;
    if (localEnded || hears == null) {
      reset(CANCEL);
    } else if (unread) {
      reset(CANCEL);
      hears.onReset(CANCEL);
    } else {
      hears.onStalled();
    }
  }

  /** Whether this end has not said everything yet. */
  boolean localOpen() {
    return stream.state().localSideOpen();
  }

  void onHeaders(Http2Headers headers, boolean end) {
    remoteEnded |= end;
    Listener hears = listener;
    if (hears != null) {
      hears.onHeaders(headers, end);
    }
  }

  void onData(ByteBuf data, boolean end) {
    remoteEnded |= end;
    Listener hears = listener;
    if (hears != null) {
      hears.onData(data, end);
    }
  }

  void onReset(long code) {
    Listener hears = listener;
    listener = null;
    if (hears != null) {
      hears.onReset(code);
    }
  }

  void onClosed() {
    Listener hears = listener;
    listener = null;
    if (hears != null && !(remoteEnded && localEnded)) {
      hears.onLost();
    }
  }
}
