package io.trestle.rpc;

import io.netty.buffer.ByteBuf;
import io.trestle.kernel.gateway.GrpcFailure;
import io.trestle.protocol.Methods;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.v1.CallRequest;
import io.trestle.protocol.wire.CallStatus;
import io.trestle.protocol.wire.Frames;
import io.trestle.protocol.wire.GrpcExchange;
import io.trestle.protocol.wire.LiveConnection;
import io.trestle.rpc.core.Forward;
import io.trestle.rpc.core.Verdict;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One forwarded call on a connection: writes the request once and reads the end of it. From the
 * moment of writing on the outcome is the callee's to tell; a stream that ends without a status is
 * an unknown outcome. Thread: the event loop of the connection.
 */
final class Attempt implements GrpcExchange.Listener {
  private static final String PATH = Methods.CALL_UNARY.path();

  private final Consumer<Ended> ended;
  private @Nullable GrpcExchange exchange;
  private @Nullable Buffer reply;
  private boolean over;

  /** How it ended. {@code reply} is the frame of the answer; null unless the verdict is one. */
  record Ended(Verdict verdict, @Nullable Buffer reply) {
    /** What the caller gets. */
    Future<Buffer> answer() {
      if (reply != null) {
        return Future.succeededFuture(reply);
      }
      return Future.failedFuture(failure());
    }

    private GrpcFailure failure() {
      if (verdict instanceof Verdict.TryNext nothing) {
        return GrpcFailure.notDispatched(nothing.status(), nothing.message());
      } else if (verdict instanceof Verdict.Final end) {
        return GrpcFailure.of(end.status(), end.message());
      } else if (verdict instanceof Verdict.Unknown lost) {
        return GrpcFailure.of(lost.status(), lost.message());
      }
      throw new IllegalStateException("an answer without a reply");
    }
  }

  private Attempt(Consumer<Ended> ended) {
    this.ended = ended;
  }

  /** Writes a call. {@code ended} hears of its end once, perhaps before this returns. */
  static Attempt start(
      LiveConnection connection,
      CallRequest call,
      String trace,
      long timeoutMillis,
      Consumer<Ended> ended) {
    Attempt attempt = new Attempt(ended);
    GrpcExchange.Outgoing outgoing =
        new GrpcExchange.Outgoing(PATH, Frames.of(call), timeoutMillis, trace, Forward.MAX_BYTES);
    attempt.exchange = GrpcExchange.start(connection, outgoing, attempt);
    return attempt;
  }

  /** Ends the attempt; whether the callee did something is unknown. */
  void cancel() {
    GrpcExchange running = exchange;
    if (running != null) {
      running.cancel();
    }
    end(Verdict.outcomeUnknown());
  }

  boolean isOver() {
    return over;
  }

  @Override
  public void onMessage(ByteBuf message) {
    if (reply != null) {
      refuse("callee answered more than one message");
    } else {
      reply = Frames.copy(message);
    }
  }

  @Override
  public void onEnd(CallStatus status) {
    if (status.ok() && reply == null) {
      end(new Verdict.Final(StatusCode.INTERNAL, "callee answered OK without a message"));
    } else {
      end(Verdict.status(status.code(), status.message(), status.notDispatched()));
    }
  }

  @Override
  public void onBroken(CallStatus status) {
    end(Verdict.outcomeUnknown());
  }

  @Override
  public void onRefused(CallStatus status) {
    end(
        status.code() == StatusCode.RESOURCE_EXHAUSTED
            ? new Verdict.Final(status.code(), "reply: " + status.message())
            : new Verdict.Final(StatusCode.INTERNAL, "reply of the callee: " + status.message()));
  }

  private void refuse(String why) {
    GrpcExchange running = exchange;
    if (running != null) {
      running.cancel();
    }
    end(new Verdict.Final(StatusCode.INTERNAL, why));
  }

  private void end(Verdict verdict) {
    if (!over) {
      over = true;
      ended.accept(new Ended(verdict, verdict instanceof Verdict.Answer ? reply : null));
    }
  }
}
