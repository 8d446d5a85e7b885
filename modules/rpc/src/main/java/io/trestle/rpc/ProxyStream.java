package io.trestle.rpc;

import io.netty.buffer.ByteBuf;
import io.trestle.conversations.Callables.Instance;
import io.trestle.kernel.Clock;
import io.trestle.kernel.gateway.Call;
import io.trestle.kernel.gateway.GrpcFailure;
import io.trestle.kernel.gateway.MethodHandler.Outbound;
import io.trestle.protocol.Methods;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.wire.CallStatus;
import io.trestle.protocol.wire.Frames;
import io.trestle.protocol.wire.GrpcExchange;
import io.trestle.protocol.wire.LiveConnection;
import io.trestle.protocol.wire.PinnedChannel;
import io.trestle.rpc.core.Forward;
import io.trestle.rpc.core.Selection;
import io.trestle.rpc.core.Verdict;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One proxied stream (rpc.md 3.2): instances are tried until one is connected, then it is that one
 * whatever happens, because chunks may have been delivered. Chunks pass through undecoded and in
 * order. While the caller does not take them, the callee is not read: what lies here is then the
 * window of the callee's stream, which is small, and no more. Everything runs on the event loop of
 * the caller's connection.
 */
final class ProxyStream implements GrpcExchange.Listener {
  private static final String PATH = Methods.CALL_STREAM.path();

  private final Vertx vertx;
  private final Clock clock;
  private final CalleeClient callees;
  private final Outcomes outcomes;
  private final Forward forward;
  private final Selection selection;
  private final long deadlineMillis;
  private final Outbound<Buffer> out;
  private String lastFailure = "no live instance offers this method";
  private @Nullable Instance callee;
  private @Nullable GrpcExchange exchange;
  private int unsent;
  private boolean over;

  ProxyStream(
      Vertx vertx,
      Clock clock,
      CalleeClient callees,
      Outcomes outcomes,
      Forward forward,
      Selection selection,
      Call call,
      Outbound<Buffer> out) {
    this.vertx = vertx;
    this.clock = clock;
    this.callees = callees;
    this.outcomes = outcomes;
    this.forward = forward;
    this.selection = selection;
    this.deadlineMillis = call.deadlineMillis();
    this.out = out;
    call.aborted().onComplete(gone -> abandon());
  }

  void run() {
    if (over) {
      return;
    }
    Optional<Instance> candidate = selection.next();
    if (candidate.isEmpty()) {
      over = true;
      out.fail(GrpcFailure.notDispatched(StatusCode.UNAVAILABLE, lastFailure));
    } else {
      dial(candidate.get());
    }
  }

  private void dial(Instance candidate) {
    callee = candidate;
    Optional<PinnedChannel> channel = callees.channel(forward.target(), candidate);
    if (channel.isEmpty()) {
      next("endpoint '" + candidate.callEndpoint() + "' is not usable");
    } else {
      long remaining = deadlineMillis > 0 ? deadlineMillis - clock.millis() : Long.MAX_VALUE;
      Dial.begin(vertx, channel.get(), remaining, this::send, this::next);
    }
  }

  private void next(String why) {
    Instance tried = callee;
    if (!over && tried != null) {
      Verdict verdict = Verdict.notReached(tried.instanceId(), why);
      lastFailure = ((Verdict.TryNext) verdict).message();
      leave(verdict);
      run();
    }
  }

  private void send(LiveConnection connection) {
    if (over) {
      return;
    }
    long timeout = deadlineMillis > 0 ? Math.max(1, deadlineMillis - clock.millis()) : 0;
    GrpcExchange.Outgoing outgoing =
        new GrpcExchange.Outgoing(
            PATH, Frames.of(forward.call()), timeout, forward.trace(), Forward.MAX_BYTES);
    exchange = GrpcExchange.start(connection, outgoing, this);
  }

  @Override
  public void onMessage(ByteBuf message) {
    Future<Void> sent = out.send(Frames.copy(message));
    if (!sent.isComplete() && exchange != null) {
      unsent++;
      exchange.pause();
      sent.onSuccess(taken -> resume());
    }
  }

  private void resume() {
    unsent--;
    if (unsent == 0 && !over && exchange != null) {
      exchange.resume();
    }
  }

  @Override
  public void onEnd(CallStatus status) {
    Verdict verdict = Verdict.status(status.code(), status.message(), status.notDispatched());
    if (end(verdict)) {
      if (status.ok()) {
        out.end();
      } else if (status.notDispatched()) {
        out.fail(GrpcFailure.notDispatched(status.code(), status.message()));
      } else {
        out.fail(GrpcFailure.of(status.code(), status.message()));
      }
    }
  }

  @Override
  public void onBroken(CallStatus status) {
    Verdict verdict = Verdict.outcomeUnknown();
    if (end(verdict)) {
      out.fail(
          GrpcFailure.of(StatusCode.UNAVAILABLE, "connection to the callee lost within a stream"));
    }
  }

  @Override
  public void onRefused(CallStatus status) {
    if (end(new Verdict.Final(status.code(), status.message()))) {
      StatusCode code =
          status.code() == StatusCode.RESOURCE_EXHAUSTED ? status.code() : StatusCode.INTERNAL;
      out.fail(GrpcFailure.of(code, "chunk: " + status.message()));
    }
  }

  /** The caller left, or its time is over; neither says anything about the instance. */
  private void abandon() {
    if (over) {
      return;
    }
    over = true;
    Instance left = callee;
    if (left != null) {
      selection.release(left);
    }
    GrpcExchange running = exchange;
    if (running != null) {
      running.cancel();
    }
  }

  private boolean end(Verdict verdict) {
    if (over) {
      return false;
    }
    over = true;
    leave(verdict);
    return true;
  }

  private void leave(Verdict verdict) {
    Instance left = callee;
    callee = null;
    if (left != null) {
      selection.release(left);
      outcomes.add(left.instanceId(), verdict.isFailure());
    }
  }
}
