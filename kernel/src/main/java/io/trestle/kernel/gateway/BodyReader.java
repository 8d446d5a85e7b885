package io.trestle.kernel.gateway;

import io.trestle.kernel.gateway.GatewayMetrics.Reason;
import io.trestle.protocol.StatusCode;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Reads the messages of one call, one at a time. Thread: the event loop of the connection.
 *
 * <p>It stops reading for two reasons: a message is being handled (back-pressure of the handler),
 * or too much memory is held. Not reading fills the HTTP/2 window of the stream, and then the
 * client waits. Who is over a bound of memory gets some patience, in which others may finish; then
 * the call ends, provably without having reached a handler if no message did. Since what frees
 * memory may happen on another loop, a starved reader looks again every few milliseconds instead of
 * being told.
 */
final class BodyReader implements RequestStream.Body {
  private static final Duration LOOK_AGAIN = Duration.ofMillis(20);
  private static final int FRAME_HEADER = 5;

  /** Receives what is read. */
  interface Sink {
    /**
     * One message. The next comes when the future completes; null stands for "at once, and this one
     * stays in memory until the call ends".
     */
    @Nullable Future<Void> message(Buffer message);

    /** The client sends no more, and everything was delivered. */
    void ended();

    /** Nothing more will be delivered. */
    void broken(GrpcFailure failure, Reason reason);
  }

  private final Loop loop;
  private final RequestStream request;
  private final CallMemory memory;
  private final Duration patience;
  private final Sink sink;
  private final Frames frames;
  private long held;
  private boolean handling;
  private boolean starving;
  private boolean halfClosed;
  private boolean delivered;
  private boolean stopped;

  BodyReader(
      Loop loop, RequestStream request, CallMemory memory, Duration patience, int max, Sink sink) {
    this.loop = loop;
    this.request = request;
    this.memory = memory;
    this.patience = patience;
    this.sink = sink;
    this.frames = new Frames(max);
  }

  void start() {
    request.read(this);
  }

  /** Delivers no more and lets what still comes pass unread. */
  void stop() {
    stopped = true;
    hold(-held);
    resume();
  }

  @Override
  public void chunk(Buffer chunk) {
    if (stopped) {
      return;
    }
    hold(chunk.length());
    frames.add(chunk);
    deliver();
    if (stopped) {
      return;
    }
    if (memory.bodiesFull()) {
      fail(outOfMemory(), Reason.MEMORY);
    } else if (!starving && memory.bodyOverBound()) {
      starve();
    }
  }

  @Override
  public void end() {
    halfClosed = true;
    deliver();
  }

  private void deliver() {
    while (!handling && !stopped) {
      Buffer message = next();
      if (message == null) {
        if (halfClosed && !stopped) {
          finish();
        }
        return;
      }
      delivered = true;
      handle(message.length(), sink.message(message));
    }
  }

  private @Nullable Buffer next() {
    try {
      return frames.next();
    } catch (GrpcFailure failure) {
      fail(failure, reasonOf(failure));
      return null;
    }
  }

  private void handle(int length, @Nullable Future<Void> handled) {
    if (handled == null) {
      return;
    }
    if (handled.isComplete()) {
      handled(length);
      return;
    }
    handling = true;
    pause();
    handled.onComplete(done -> loop.run(() -> goOn(length)));
  }

  private void goOn(int length) {
    handling = false;
    handled(length);
    deliver();
    if (!handling && !starving) {
      resume();
    }
  }

  private void handled(int length) {
    if (!stopped) {
      hold(-(length + FRAME_HEADER));
    }
  }

  private void hold(long bytes) {
    held += bytes;
    memory.receive(bytes);
  }

  private void finish() {
    if (frames.held() > 0) {
      fail(GrpcFailure.of(StatusCode.INVALID_ARGUMENT, "malformed frame"), Reason.MALFORMED);
    } else {
      stopped = true;
      sink.ended();
    }
  }

  private void starve() {
    starving = true;
    pause();
    lookAgain(patience.toMillis() / LOOK_AGAIN.toMillis());
  }

  private void lookAgain(long times) {
    loop.after(LOOK_AGAIN, () -> starved(times));
  }

  private void starved(long timesLeft) {
    if (stopped) {
      return;
    }
    if (!memory.bodyOverBound()) {
      starving = false;
      if (!handling) {
        resume();
      }
    } else if (timesLeft > 0) {
      lookAgain(timesLeft - 1);
    } else {
      fail(outOfMemory(), Reason.MEMORY);
    }
  }

  private GrpcFailure outOfMemory() {
    String message = "too much memory is held for this client, or for all";
    return delivered
        ? GrpcFailure.of(StatusCode.RESOURCE_EXHAUSTED, message)
        : GrpcFailure.notDispatched(StatusCode.RESOURCE_EXHAUSTED, message);
  }

  private void fail(GrpcFailure failure, Reason reason) {
    stop();
    sink.broken(failure, reason);
  }

  private void pause() {
    request.wire().pause();
  }

  private void resume() {
    request.wire().resume();
  }

  private static Reason reasonOf(GrpcFailure failure) {
    return switch (failure.status()) {
      case UNIMPLEMENTED -> Reason.COMPRESSED;
      case RESOURCE_EXHAUSTED -> Reason.TOO_LARGE;
      default -> Reason.MALFORMED;
    };
  }
}
