package io.trestle.kernel.gateway;

import io.trestle.protocol.StatusCode;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Sends the messages of a stream. Any thread; state on the event loop of the connection.
 *
 * <p>Back-pressure counts bytes that the network has not taken. Up to a small amount a send
 * completes at once, so that a fast reader is not slowed down; above it sends complete when the
 * amount is small again. (The write queue of Vert.x counts messages: with large ones it would let
 * tens of megabytes pile up for one slow reader.)
 *
 * <p>A writer that sends again from the completion of the send before would grow the stack by each
 * message that goes at once; so every so many of them complete in a turn of their own.
 *
 * <p>A writer that does not wait is stopped by the bound of memory: when the connection is over it,
 * the stream of a writer that has bytes waiting ends. A writer that waits has at most one message
 * there.
 */
final class StreamWriter<O> implements MethodHandler.Outbound<O> {
  private static final long COMFORTABLE = 64 << 10;
  private static final int AT_ONCE = 64;

  private final CallLife call;
  private final Function<O, Buffer> encoder;
  private final List<Promise<Void>> waiting = new ArrayList<>();
  private long pending;
  private int atOnce;

  StreamWriter(CallLife call, Function<O, Buffer> encoder) {
    this.call = call;
    this.encoder = encoder;
    call.aborted().onComplete(v -> failWaiting());
  }

  @Override
  public Future<Void> send(O message) {
    Buffer frame = encoder.apply(message);
    Promise<Void> sent = Promise.promise();
    call.loop().run(() -> write(frame, sent));
    return sent.future();
  }

  @Override
  public void end() {
    call.loop().run(() -> finish(call::complete));
  }

  @Override
  public void fail(GrpcFailure failure) {
    call.loop().run(() -> finish(() -> call.fail(failure)));
  }

  private void write(Buffer frame, Promise<Void> sent) {
    if (call.isOver()) {
      sent.fail(overFailure());
      return;
    }
    int length = frame.length();
    call.memory().hold(length);
    if (pending > 0 && call.memory().overBound()) {
      call.abortHard(
          GrpcFailure.of(StatusCode.RESOURCE_EXHAUSTED, "messages are not taken fast enough"));
      sent.fail(overFailure());
      return;
    }
    pending += length;
    call.write(frame).onComplete(done -> call.loop().run(() -> taken(length)));
    if (pending > COMFORTABLE) {
      waiting.add(sent);
    } else if (++atOnce < AT_ONCE) {
      sent.complete();
    } else {
      atOnce = 0;
      call.loop().soon(sent::complete);
    }
  }

  private void taken(int length) {
    pending -= length;
    call.memory().release(length);
    if (pending <= COMFORTABLE) {
      settle(Promise::tryComplete);
    }
  }

  // What was sent before a regular end is still on its way, so it counts as sent.
  private void finish(Runnable end) {
    end.run();
    if (pending == 0) {
      settle(Promise::tryComplete);
    }
  }

  private void failWaiting() {
    settle(sent -> sent.tryFail(overFailure()));
  }

  // One that goes on badly does not keep the others waiting.
  private void settle(Consumer<Promise<Void>> how) {
    List<Promise<Void>> all = List.copyOf(waiting);
    waiting.clear();
    for (Promise<Void> sent : all) {
      try {
        how.accept(sent);
      } catch (RuntimeException e) {
        Failures.of(e, call.method().path(), call.caller());
      }
    }
  }

  private static GrpcFailure overFailure() {
    return GrpcFailure.of(StatusCode.CANCELLED, "the call is over");
  }
}
