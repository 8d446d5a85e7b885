package io.trestle.kernel.gateway;

import io.netty.buffer.Unpooled;
import io.trestle.protocol.wire.CallStatus;
import io.trestle.protocol.wire.GrpcHeaders;
import io.trestle.protocol.wire.WireStream;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;

/**
 * Writes the response of one call in gRPC's form. The caller sees to it that nothing follows the
 * end. Thread: the event loop of the connection.
 *
 * <p>An answer may come before the client has sent everything. What still arrives is then thrown
 * away for a moment, because clients end their half by themselves when they see the answer; one
 * that does not is told by a reset without error, so that no half-open call stays behind.
 */
final class ResponseWriter {
  private final Loop loop;
  private final GatewayOptions options;
  private final RequestStream request;
  private final WireStream wire;
  private Future<Void> lastMessage = Future.succeededFuture();
  private boolean begun;

  ResponseWriter(Loop loop, GatewayOptions options, RequestStream request) {
    this.loop = loop;
    this.options = options;
    this.request = request;
    this.wire = request.wire();
  }

  /** Answers with an HTTP status, for what is not gRPC. */
  void http(int status) {
    wire.headers(GrpcHeaders.http(Integer.toString(status)), true);
    letGo();
  }

  /** One message of many; completes when the network has taken it. */
  Future<Void> message(Buffer frame) {
    write(frame);
    wire.flush();
    return lastMessage;
  }

  /** The only message, and OK. */
  Future<Void> only(Buffer frame) {
    write(frame);
    return end();
  }

  /** OK after any number of messages. */
  Future<Void> end() {
    head();
    wire.headers(GrpcHeaders.good(), true);
    return letGo();
  }

  /** Any other status, before or after messages. */
  Future<Void> fail(GrpcFailure failure) {
    String message = failure.getMessage() == null ? "" : failure.getMessage();
    CallStatus status = new CallStatus(failure.status(), message, failure.notDispatched());
    wire.headers(begun ? GrpcHeaders.trailers(status) : GrpcHeaders.only(status), true);
    return letGo();
  }

  /** Like {@link #fail}, and what the client does not take soon is thrown away. */
  Future<Void> failHard(GrpcFailure failure) {
    Future<Void> written = fail(failure);
    if (!written.isComplete()) {
      loop.after(options.linger(), () -> resetUnless(written.isComplete()));
    }
    return written;
  }

  private void resetUnless(boolean done) {
    if (!done && !request.gone()) {
      wire.reset(WireStream.ENHANCE_YOUR_CALM);
    }
  }

  private void write(Buffer frame) {
    head();
    Promise<Void> taken = Promise.promise();
    wire.data(Unpooled.wrappedBuffer(((BufferInternal) frame).getByteBuf()), taken::tryComplete);
    lastMessage = taken.future();
  }

  private void head() {
    if (!begun) {
      begun = true;
      wire.headers(GrpcHeaders.head(), false);
    }
  }

  private Future<Void> letGo() {
    wire.flush();
    if (!request.ended()) {
      lastMessage.onComplete(taken -> loop.after(options.linger(), this::resetUnlessEnded));
    }
    return lastMessage;
  }

  private void resetUnlessEnded() {
    if (!request.ended() && !request.gone()) {
      wire.reset(WireStream.NO_ERROR);
    }
  }
}
