package io.trestle.sdk.internal.wire;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.trestle.protocol.RpcMethod;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.transport.Transport;
import io.trestle.protocol.wire.CallStatus;
import io.trestle.protocol.wire.Frames;
import io.trestle.protocol.wire.GrpcExchange;
import io.trestle.protocol.wire.Lane;
import io.trestle.protocol.wire.LiveConnection;
import io.trestle.protocol.wire.PinnedChannel;
import io.trestle.protocol.wire.UnreachableException;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Typed calls to the runtime's control plane, on the lane of a channel. */
public final class RuntimeCalls {
  private RuntimeCalls() {}

  /** Something under way that may be given up; on the lane. */
  @FunctionalInterface
  public interface Handle {
    /** Gives up; nothing is heard any more. */
    void cancel();
  }

  /**
   * Calls a unary method.
   *
   * @param timeout bound of the whole call
   * @param answered hears the answer
   * @param failed hears the status otherwise
   */
  public static <Q extends Message, R extends Message> Handle unary(
      PinnedChannel channel,
      RpcMethod<Q, R> method,
      Q request,
      Duration timeout,
      Consumer<R> answered,
      Consumer<CallStatus> failed) {
    OneAnswer<R> answer = new OneAnswer<>(answered, failed);
    Handle stream =
        stream(channel, method, request, timeout.toMillis(), answer::message, answer::end);
    if (!answer.over) {
      answer.timer =
          channel
              .lane()
              .schedule(
                  timeout.toNanos(),
                  () -> {
                    stream.cancel();
                    answer.end(
                        CallStatus.of(StatusCode.UNAVAILABLE, "no answer within " + timeout));
                  });
    }
    return () -> {
      stream.cancel();
      answer.silence();
    };
  }

  /**
   * Opens a server stream.
   *
   * @param ended hears the one end
   */
  public static <Q extends Message, R extends Message> Handle stream(
      PinnedChannel channel,
      RpcMethod<Q, R> method,
      Q request,
      Consumer<R> message,
      Consumer<CallStatus> ended) {
    return stream(channel, method, request, 0, message, ended);
  }

  private static <Q extends Message, R extends Message> Handle stream(
      PinnedChannel channel,
      RpcMethod<Q, R> method,
      Q request,
      long timeoutMillis,
      Consumer<R> message,
      Consumer<CallStatus> ended) {
    GrpcExchange.Outgoing outgoing =
        new GrpcExchange.Outgoing(
            method.path(), Frames.of(request), timeoutMillis, "", Transport.MAX_MESSAGE);
    Typed<R> typed = new Typed<>(channel, outgoing, method.response(), message, ended);
    channel.connect(typed);
    return typed;
  }

  /** Decodes, and ends once. */
  private static final class Typed<R extends Message>
      implements GrpcExchange.Listener, PinnedChannel.Waiter, Handle {
    private final PinnedChannel channel;
    private final GrpcExchange.Outgoing outgoing;
    private final Parser<R> parser;
    private final Consumer<R> message;
    private final Consumer<CallStatus> ended;
    private @Nullable GrpcExchange exchange;
    private boolean over;

    Typed(
        PinnedChannel channel,
        GrpcExchange.Outgoing outgoing,
        Parser<R> parser,
        Consumer<R> message,
        Consumer<CallStatus> ended) {
      this.channel = channel;
      this.outgoing = outgoing;
      this.parser = parser;
      this.message = message;
      this.ended = ended;
    }

    @Override
    public void connected(LiveConnection live) {
      if (!over) {
        exchange = GrpcExchange.start(live, outgoing, this);
      }
    }

    @Override
    public void unreachable(UnreachableException why) {
      onEnd(CallStatus.of(StatusCode.UNAVAILABLE, String.valueOf(why.getMessage())));
    }

    @Override
    public void onMessage(ByteBuf bytes) {
      if (over) {
        return;
      }
      try {
        message.accept(parser.parseFrom(ByteBufUtil.getBytes(bytes)));
      } catch (InvalidProtocolBufferException e) {
        cancelExchange();
        onEnd(CallStatus.of(StatusCode.INTERNAL, "the answer does not decode"));
      }
    }

    @Override
    public void onEnd(CallStatus status) {
      if (!over) {
        over = true;
        ended.accept(status);
      }
    }

    @Override
    public void cancel() {
      over = true;
      channel.forget(this);
      cancelExchange();
    }

    private void cancelExchange() {
      if (exchange != null) {
        exchange.cancel();
      }
    }
  }

  /** Turns a stream of one into an answer. */
  private static final class OneAnswer<R> {
    private final Consumer<R> answered;
    private final Consumer<CallStatus> failed;
    private Lane.@Nullable Timer timer;
    private @Nullable R answer;
    private boolean over;

    OneAnswer(Consumer<R> answered, Consumer<CallStatus> failed) {
      this.answered = answered;
      this.failed = failed;
    }

    void message(R message) {
      answer = message;
    }

    void end(CallStatus status) {
      if (over) {
        return;
      }
      silence();
      R message = answer;
      if (status.ok() && message != null) {
        answered.accept(message);
      } else if (status.ok()) {
        failed.accept(CallStatus.of(StatusCode.INTERNAL, "there is no answer"));
      } else {
        failed.accept(status);
      }
    }

    void silence() {
      over = true;
      if (timer != null) {
        timer.cancel();
      }
    }
  }
}
