package io.trestle.kernel.gateway;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.trestle.kernel.gateway.GatewayMetrics.Reason;
import io.trestle.kernel.gateway.MethodHandler.Bidirectional;
import io.trestle.kernel.gateway.MethodHandler.RawStreaming;
import io.trestle.kernel.gateway.MethodHandler.RawUnary;
import io.trestle.kernel.gateway.MethodHandler.ServerStreaming;
import io.trestle.kernel.gateway.MethodHandler.Unary;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Hands an admitted call to its handler, by kind of method. Thread: the event loop of the
 * connection.
 */
final class Dispatcher {
  private Dispatcher() {}

  static void dispatch(CallLife call) {
    MethodHandler method = call.method();
    if (method instanceof Bidirectional<?, ?> bidirectional) {
      bidirectional(call, bidirectional);
    } else {
      call.read(new SingleMessage(call, message -> single(call, method, message)));
    }
  }

  private static void single(CallLife call, MethodHandler method, Buffer message) {
    if (method instanceof Unary<?, ?> unary) {
      unary(call, unary, message);
    } else if (method instanceof RawUnary raw) {
      answer(call, () -> raw.function().handle(call, message), Function.identity());
    } else if (method instanceof RawStreaming raw) {
      rawStreaming(call, raw, message);
    } else if (method instanceof ServerStreaming<?, ?> streaming) {
      serverStreaming(call, streaming, message);
    }
  }

  private static <I extends MessageLite, O extends MessageLite> void unary(
      CallLife call, Unary<I, O> method, Buffer message) {
    I request = parse(call, method.parser(), message);
    if (request != null) {
      answer(call, () -> method.function().handle(call, request), Frames::frame);
    }
  }

  private static <I extends MessageLite, O extends MessageLite> void serverStreaming(
      CallLife call, ServerStreaming<I, O> method, Buffer message) {
    I request = parse(call, method.parser(), message);
    if (request == null) {
      return;
    }
    try {
      method.function().handle(call, request, new StreamWriter<>(call, Frames::frame));
    } catch (RuntimeException failure) {
      failed(call, failure);
    }
  }

  private static void rawStreaming(CallLife call, RawStreaming method, Buffer message) {
    try {
      method.function().handle(call, message, new StreamWriter<>(call, Function.identity()));
    } catch (RuntimeException failure) {
      failed(call, failure);
    }
  }

  private static <I extends MessageLite, O> void bidirectional(
      CallLife call, Bidirectional<I, O> method) {
    try {
      MethodHandler.Inbound<I> inbound =
          method.function().handle(call, new StreamWriter<>(call, method.encoder()));
      call.read(new MessageStream<>(call, method.parser(), inbound));
    } catch (RuntimeException failure) {
      failed(call, failure);
    }
  }

  private static <T> void answer(
      CallLife call, Supplier<Future<T>> handler, Function<T, Buffer> encoder) {
    Future<Buffer> answer;
    try {
      answer = handler.get().map(encoder);
    } catch (RuntimeException failure) {
      answer = Future.failedFuture(failure);
    }
    answer
        .onSuccess(frame -> call.loop().run(() -> call.answer(frame)))
        .onFailure(failure -> failed(call, failure));
  }

  private static void failed(CallLife call, Throwable cause) {
    GrpcFailure failure = Failures.of(cause, call.method().path(), call.caller());
    call.loop().run(() -> call.fail(failure));
  }

  private static <I extends MessageLite> @Nullable I parse(
      CallLife call, Parser<I> parser, Buffer message) {
    try {
      return parser.parseFrom(message.getBytes());
    } catch (InvalidProtocolBufferException malformed) {
      GrpcFailure failure = Failures.of(malformed, call.method().path(), call.caller());
      call.refuse(failure, Reason.MALFORMED);
      return null;
    }
  }
}
