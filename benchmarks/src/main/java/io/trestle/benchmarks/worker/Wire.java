package io.trestle.benchmarks.worker;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.trestle.protocol.RpcMethod;
import io.trestle.protocol.SpiffeId;
import io.trestle.protocol.transport.PeerClient;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.client.GrpcClientRequest;
import io.vertx.grpc.client.GrpcClientResponse;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.ServiceName;
import java.util.function.Consumer;

/** Calls to the runtime, as light as they can be. */
final class Wire {
  private Wire() {}

  /** Makes a unary call. */
  static <Q extends Message, R extends Message> Future<R> unary(
      PeerClient client, SocketAddress runtime, RpcMethod<Q, R> method, Q request) {
    Promise<R> answer = Promise.promise();
    open(client, runtime, method, request, answer::tryComplete)
        .onSuccess(ended -> answer.tryFail("no answer: " + ended))
        .onFailure(answer::tryFail);
    return answer.future();
  }

  /** Makes a unary call and closes its connection, which is then nobody else's. */
  static <Q extends Message, R extends Message> Future<R> unaryAlone(
      PeerClient client, SocketAddress runtime, RpcMethod<Q, R> method, Q request) {
    return client
        .request(runtime, SpiffeId.runtime())
        .compose(
            stream -> {
              Promise<R> answer = Promise.promise();
              Promise<String> ended = Promise.promise();
              send(stream, method, request, answer::tryComplete, ended);
              ended
                  .future()
                  .onSuccess(status -> answer.tryFail("no answer: " + status))
                  .onFailure(answer::tryFail);
              return answer.future().eventually(() -> stream.connection().close());
            });
  }

  /** Makes a call; the future tells the status when it has ended, or why it never began. */
  static <Q extends Message, R extends Message> Future<String> open(
      PeerClient client,
      SocketAddress runtime,
      RpcMethod<Q, R> method,
      Q request,
      Consumer<R> messages) {
    Promise<String> ended = Promise.promise();
    client
        .request(runtime, SpiffeId.runtime())
        .onFailure(ended::tryFail)
        .onSuccess(stream -> send(stream, method, request, messages, ended));
    return ended.future();
  }

  private static <Q extends Message, R extends Message> void send(
      GrpcClientRequest<Buffer, Buffer> stream,
      RpcMethod<Q, R> method,
      Q request,
      Consumer<R> messages,
      Promise<String> ended) {
    stream.serviceName(ServiceName.create(method.service())).methodName(method.name());
    stream.exceptionHandler(ended::tryFail);
    stream
        .response()
        .onFailure(ended::tryFail)
        .onSuccess(response -> read(response, method, messages, ended));
    stream.end(Buffer.buffer(request.toByteArray())).onFailure(ended::tryFail);
  }

  private static <Q extends Message, R extends Message> void read(
      GrpcClientResponse<Buffer, Buffer> response,
      RpcMethod<Q, R> method,
      Consumer<R> messages,
      Promise<String> ended) {
    response.exceptionHandler(ended::tryFail);
    response.errorHandler(error -> ended.tryComplete(String.valueOf(error)));
    response.messageHandler(
        message -> {
          try {
            messages.accept(method.response().parseFrom(message.payload().getBytes()));
          } catch (InvalidProtocolBufferException e) {
            ended.tryFail(e);
          }
        });
    response.end().onComplete(done -> ended.tryComplete(text(response)));
  }

  private static String text(GrpcClientResponse<Buffer, Buffer> response) {
    GrpcStatus status = response.status();
    return (status == null ? "no status" : status.name()) + " " + response.statusMessage();
  }
}
