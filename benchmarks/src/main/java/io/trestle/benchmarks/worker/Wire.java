package io.trestle.benchmarks.worker;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.trestle.protocol.HostPort;
import io.trestle.protocol.RpcMethod;
import io.trestle.protocol.SpiffeId;
import io.trestle.protocol.transport.Transport;
import io.trestle.protocol.wire.CallStatus;
import io.trestle.protocol.wire.Dialer;
import io.trestle.protocol.wire.Frames;
import io.trestle.protocol.wire.GrpcExchange;
import io.trestle.protocol.wire.Lane;
import io.trestle.protocol.wire.PinnedChannel;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.function.Consumer;

/** Calls to the runtime, as light as they can be. */
final class Wire {
  private Wire() {}

  /** A way to the runtime, on the next event loop. */
  static PinnedChannel channel(Vertx vertx, Dialer dialer, HostPort runtime) {
    return new PinnedChannel(
        Lane.create(vertx), dialer, runtime, SpiffeId.runtime(), Transport.IDLE_CHANNEL);
  }

  /** Makes a unary call. */
  static <Q extends Message, R extends Message> Future<R> unary(
      PinnedChannel channel, RpcMethod<Q, R> method, Q request) {
    Promise<R> answer = Promise.promise();
    open(channel, method, request, answer::tryComplete)
        .onSuccess(ended -> answer.tryFail("no answer: " + ended))
        .onFailure(answer::tryFail);
    return answer.future();
  }

  /** Makes a call; the future tells the status when it has ended, or why it never began. */
  static <Q extends Message, R extends Message> Future<String> open(
      PinnedChannel channel, RpcMethod<Q, R> method, Q request, Consumer<R> messages) {
    Promise<String> ended = Promise.promise();
    GrpcExchange.Outgoing outgoing =
        new GrpcExchange.Outgoing(method.path(), Frames.of(request), 0, "", Transport.MAX_MESSAGE);
    Answer<R> answer = new Answer<>(method, messages, ended);
    channel
        .lane()
        .execute(
            () ->
                channel.connect(
                    PinnedChannel.Waiter.of(
                        connection -> GrpcExchange.start(connection, outgoing, answer),
                        ended::tryFail)));
    return ended.future();
  }

  private record Answer<R extends Message>(
      RpcMethod<?, R> method, Consumer<R> messages, Promise<String> ended)
      implements GrpcExchange.Listener {
    @Override
    public void onMessage(ByteBuf message) {
      try {
        messages.accept(method.response().parseFrom(ByteBufUtil.getBytes(message)));
      } catch (InvalidProtocolBufferException e) {
        ended.tryFail(e);
      }
    }

    @Override
    public void onEnd(CallStatus status) {
      ended.tryComplete(status.code() + " " + status.message());
    }

    @Override
    public void onBroken(CallStatus status) {
      ended.tryFail(status.code() + " " + status.message());
    }
  }
}
