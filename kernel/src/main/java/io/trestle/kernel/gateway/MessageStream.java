package io.trestle.kernel.gateway;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.trestle.kernel.gateway.GatewayMetrics.Reason;
import io.trestle.kernel.gateway.MethodHandler.Inbound;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;

/** Receives the messages of a bidirectional call and hands them to its handler. */
final class MessageStream<I extends MessageLite> implements BodyReader.Sink {
  private final CallLife call;
  private final Parser<I> parser;
  private final Inbound<I> inbound;

  MessageStream(CallLife call, Parser<I> parser, Inbound<I> inbound) {
    this.call = call;
    this.parser = parser;
    this.inbound = inbound;
  }

  @Override
  public Future<Void> message(Buffer message) {
    try {
      return inbound.message(parser.parseFrom(message.getBytes())).onFailure(this::failed);
    } catch (InvalidProtocolBufferException malformed) {
      broken(Failures.of(malformed, call.method().path(), call.caller()), Reason.MALFORMED);
    } catch (RuntimeException failure) {
      failed(failure);
    }
    return Future.succeededFuture();
  }

  @Override
  public void ended() {
    call.received();
    try {
      inbound.halfClosed();
    } catch (RuntimeException failure) {
      failed(failure);
    }
  }

  @Override
  public void broken(GrpcFailure failure, Reason reason) {
    call.refuse(failure, reason);
  }

  private void failed(Throwable cause) {
    GrpcFailure failure = Failures.of(cause, call.method().path(), call.caller());
    call.loop().run(() -> call.abort(failure));
  }
}
