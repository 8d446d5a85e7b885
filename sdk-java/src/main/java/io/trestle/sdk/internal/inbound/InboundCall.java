package io.trestle.sdk.internal.inbound;

import io.trestle.protocol.HeaderNames;
import io.trestle.protocol.StatusCode;
import io.trestle.sdk.internal.wire.CallStatus;
import io.trestle.sdk.internal.wire.FrameReader;
import io.trestle.sdk.internal.wire.GrpcHeaders;
import io.trestle.sdk.internal.wire.Lane;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP/2 side of one inbound call: reads one message, writes one answer, once. On the lane of
 * its connection, except for {@link #finish}, which any thread may call.
 *
 * <p>The caller may leave at any time (a reset, a lost connection, its deadline); then {@code
 * onGone} runs, and what the handler answers later goes nowhere.
 */
final class InboundCall {
  private final Lane lane;
  private final HttpServerRequest request;
  private final FrameReader reader;
  private byte @Nullable [] message;
  private Lane.@Nullable Timer deadline;
  private @Nullable Runnable onGone;
  private boolean over;

  InboundCall(Lane lane, HttpServerRequest request, int maxMessage) {
    this.lane = lane;
    this.request = request;
    this.reader = new FrameReader(maxMessage);
  }

  /** Reads; the message is handed over when the caller has said everything. */
  void read(BiConsumer<InboundCall, byte[]> complete) {
    request.exceptionHandler(e -> gone());
    request.response().exceptionHandler(e -> gone());
    long nanos = GrpcHeaders.timeoutNanos(request.getHeader(GrpcHeaders.TIMEOUT));
    if (nanos >= 0) {
      deadline = lane.schedule(Math.max(1, nanos), this::overdue);
    }
    request.handler(this::onChunk);
    request.endHandler(v -> onEnd(complete));
  }

  /** Runs when nobody waits any more; at once if that is so. */
  void onGone(Runnable action) {
    if (over) {
      action.run();
    } else {
      onGone = action;
    }
  }

  /** The time the caller gave, in nanoseconds; negative for none. */
  long timeoutNanos() {
    return GrpcHeaders.timeoutNanos(request.getHeader(GrpcHeaders.TIMEOUT));
  }

  /** The trace in the metadata. */
  @Nullable String trace() {
    return request.getHeader(HeaderNames.TRACE);
  }

  HttpServerRequest request() {
    return request;
  }

  /** Answers with a message; any thread. */
  void finish(Buffer frame) {
    lane.execute(
        () -> {
          if (end()) {
            HttpServerResponse response = head();
            response.putTrailer(GrpcHeaders.STATUS, "0");
            response.end(frame).onFailure(e -> {});
          }
        });
  }

  /** Answers with a status; any thread. */
  void finish(CallStatus status) {
    lane.execute(
        () -> {
          if (end()) {
            refuse(status);
          }
        });
  }

  private void refuse(CallStatus status) {
    HttpServerResponse response = head();
    response.putHeader(GrpcHeaders.STATUS, Integer.toString(status.code().number()));
    response.putHeader(GrpcHeaders.MESSAGE, GrpcHeaders.encode(status.message()));
    if (status.notDispatched()) {
      response.putHeader(HeaderNames.NOT_DISPATCHED, HeaderNames.NOT_DISPATCHED_VALUE);
    }
    response.end().onFailure(e -> {});
  }

  private HttpServerResponse head() {
    return request.response().putHeader("content-type", GrpcHeaders.CONTENT_TYPE);
  }

  private void onChunk(Buffer chunk) {
    CallStatus refusal = over ? null : reader.read(chunk, this::onMessage);
    if (refusal != null) {
      finish(refusal);
    }
  }

  private void onMessage(byte[] bytes) {
    if (message != null) {
      finish(CallStatus.of(StatusCode.INTERNAL, "more than one message"));
    }
    message = bytes;
  }

  private void onEnd(BiConsumer<InboundCall, byte[]> complete) {
    byte[] bytes = message;
    if (over) {
      return;
    }
    if (bytes == null || !reader.clean()) {
      finish(CallStatus.of(StatusCode.INTERNAL, "the request ends within a message"));
    } else {
      message = null;
      complete.accept(this, bytes);
    }
  }

  private void overdue() {
    Runnable action = onGone;
    finish(CallStatus.of(StatusCode.DEADLINE_EXCEEDED, "the deadline of the caller passed"));
    if (action != null) {
      action.run();
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
    Lane.Timer pending = deadline;
    if (pending != null) {
      pending.cancel();
    }
    return true;
  }
}
