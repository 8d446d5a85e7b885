package io.trestle.sdk.internal.inbound;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Headers;
import io.trestle.protocol.HeaderNames;
import io.trestle.protocol.SpiffeId;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.transport.PeerIdentity;
import io.trestle.protocol.wire.CallStatus;
import io.trestle.protocol.wire.FrameReader;
import io.trestle.protocol.wire.Frames;
import io.trestle.protocol.wire.GrpcHeaders;
import io.trestle.protocol.wire.Lane;
import io.trestle.protocol.wire.WireStream;
import io.trestle.sdk.internal.wire.CallMessages;
import java.io.IOException;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP/2 side of one inbound call: reads one message, writes one answer or the chunks of it,
 * and one end. On the lane of its connection, except where any thread is allowed.
 *
 * <p>The caller may leave at any time (a reset, a lost connection, its deadline); then {@code
 * onGone} runs, and what the handler answers later goes nowhere.
 */
final class InboundCall implements Exchange, WireStream.Listener {
  private final Lane lane;
  private final WireStream stream;
  private final PeerIdentity peer;
  private final boolean streaming;
  private final FrameReader reader;
  private final InboundMemory memory;
  private final BiConsumer<InboundCall, CallMessages.Request> complete;
  private final @Nullable Queue<Runnable> tasks;
  private long timeoutNanos = -1;
  private @Nullable String trace;
  private CallMessages.@Nullable Request message;
  private Lane.@Nullable Timer deadline;
  private @Nullable Runnable onGone;
  private long held;
  private boolean headed;
  private boolean begun;
  private boolean entered;
  private boolean over;

  /**
   * A call of which nothing was read.
   *
   * @param streaming whether the caller expects a stream
   * @param memory where it is counted what this call holds
   * @param complete takes the message when the caller has said everything
   */
  InboundCall(
      Lane lane,
      WireStream stream,
      PeerIdentity peer,
      boolean streaming,
      int maxMessage,
      InboundMemory memory,
      BiConsumer<InboundCall, CallMessages.Request> complete) {
    this.lane = lane;
    this.stream = stream;
    this.peer = peer;
    this.streaming = streaming;
    this.tasks = streaming ? new ConcurrentLinkedQueue<>() : null;
    this.reader = new FrameReader(maxMessage);
    this.memory = memory;
    this.complete = complete;
  }

  /**
   * The call has a place, or waits for one; until it is finished, or withdrawn, its request is
   * needed. The action runs when nobody waits for the answer any more; at once if that is so.
   */
  @Override
  public void entered(Runnable action) {
    entered = true;
    if (over) {
      action.run();
    } else {
      onGone = action;
    }
  }

  /** The call will not run. */
  @Override
  public void withdrawn() {
    entered = false;
    forget();
  }

  /** The time the caller gave, in nanoseconds; negative for none. */
  @Override
  public long timeoutNanos() {
    return timeoutNanos;
  }

  /** The trace in the metadata. */
  @Override
  public @Nullable String trace() {
    return trace;
  }

  @Override
  public Optional<SpiffeId> caller() {
    return peer.spiffeId();
  }

  @Override
  public boolean streaming() {
    return streaming;
  }

  /** Answers with a message; any thread. */
  @Override
  public void finish(Frames.Body body) {
    lane.execute(
        () -> {
          try {
            answer(body);
          } catch (RuntimeException | Error e) { // no memory, that is
            refuse(CallStatus.of(StatusCode.INTERNAL, "the answer cannot be written: " + e));
          } finally {
            withdrawn();
          }
        });
  }

  // Encoded first: if that fails, nothing was said. What the caller has not taken counts as held.
  private void answer(Frames.Body body) {
    if (over) {
      return;
    }
    ByteBuf message = stream.encode(body);
    int bytes = message.readableBytes();
    end();
    memory.take(bytes);
    stream.headers(GrpcHeaders.head(), false);
    stream.data(message, () -> memory.giveBack(bytes));
    stream.headers(GrpcHeaders.good(), true);
    stream.finish();
  }

  /**
   * Sends one message of a stream; any thread.
   *
   * @param gone runs when the network has taken it, or never will
   */
  @Override
  public void chunk(Frames.Body body, Runnable gone) {
    inOrder(
        () -> {
          if (over) {
            gone.run();
            return;
          }
          ByteBuf message = stream.encode(body);
          begun();
          stream.data(message, gone);
          stream.flush();
        });
  }

  /** Ends a stream well; any thread. */
  @Override
  public void finishStream() {
    inOrder(
        () -> {
          if (end()) {
            begun();
            stream.headers(GrpcHeaders.good(), true);
            stream.finish();
          }
          withdrawn();
        });
  }

  /** Answers with a status; any thread. */
  @Override
  public void finish(CallStatus status) {
    inOrder(
        () -> {
          refuse(status);
          withdrawn();
        });
  }

  // The lane runs at once what arrives on it, which must not overtake what another thread sent.
  // One answer has nothing to be overtaken by.
  private void inOrder(Runnable task) {
    Queue<Runnable> waiting = tasks;
    if (waiting == null) {
      lane.execute(task);
    } else {
      waiting.add(task);
      lane.execute(() -> drain(waiting));
    }
  }

  private static void drain(Queue<Runnable> waiting) {
    for (Runnable task = waiting.poll(); task != null; task = waiting.poll()) {
      task.run();
    }
  }

  @Override
  public void onHeaders(Http2Headers headers, boolean end) {
    if (!headed) {
      headed = true;
      begin(headers);
    }
    if (end) {
      onEnd();
    }
  }

  @Override
  public void onData(ByteBuf data, boolean end) {
    CallStatus refusal = over ? null : take(data);
    if (refusal != null) {
      refuse(refusal);
    } else if (end) {
      onEnd();
    }
  }

  @Override
  public void onStalled() {
    refuse(CallStatus.of(StatusCode.DEADLINE_EXCEEDED, "the request does not go on"));
  }

  @Override
  public void onReset(long code) {
    gone();
  }

  @Override
  public void onLost() {
    gone();
  }

  private void begin(Http2Headers headers) {
    CharSequence traced = headers.get(HeaderNames.TRACE);
    CharSequence timeout = headers.get(GrpcHeaders.TIMEOUT);
    trace = traced == null ? null : traced.toString();
    timeoutNanos = GrpcHeaders.timeoutNanos(timeout == null ? null : timeout.toString());
    if (timeoutNanos >= 0) {
      deadline = lane.schedule(Math.max(1, timeoutNanos), this::overdue);
    }
  }

  private @Nullable CallStatus take(ByteBuf data) {
    int bytes = data.readableBytes();
    held += bytes;
    return memory.take(bytes) ? reader.read(data, this::onMessage) : Admission.OVERLOADED;
  }

  private void forget() {
    memory.giveBack(held);
    held = 0;
  }

  private void onMessage(ByteBuf bytes) {
    if (message != null) {
      refuse(CallStatus.of(StatusCode.INTERNAL, "more than one message"));
      return;
    }
    try {
      message = CallMessages.readCallRequest(bytes);
    } catch (IOException e) {
      refuse(CallStatus.of(StatusCode.INVALID_ARGUMENT, "malformed request"));
    }
  }

  private void onEnd() {
    CallMessages.Request request = message;
    if (over) {
      return;
    }
    if (request == null || !reader.clean()) {
      refuse(CallStatus.of(StatusCode.INTERNAL, "the request ends within a message"));
    } else {
      message = null;
      complete.accept(this, request);
    }
  }

  private void overdue() {
    Runnable action = onGone;
    refuse(CallStatus.of(StatusCode.DEADLINE_EXCEEDED, "the deadline of the caller passed"));
    if (action != null) {
      action.run();
    }
  }

  private void refuse(CallStatus status) {
    if (end()) {
      stream.headers(begun ? GrpcHeaders.trailers(status) : GrpcHeaders.only(status), true);
      stream.finish();
    }
  }

  private void begun() {
    if (!begun) {
      begun = true;
      stream.headers(GrpcHeaders.head(), false);
    }
  }

  private void gone() {
    Runnable action = onGone;
    if (end() && action != null) {
      action.run();
    }
  }

  private boolean end() {
    if (over) {
      return false;
    }
    over = true;
    onGone = null;
    reader.close();
    if (!entered) {
      forget();
    }
    Lane.Timer pending = deadline;
    if (pending != null) {
      pending.cancel();
    }
    return true;
  }
}
