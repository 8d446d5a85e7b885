package io.trestle.rpc;

import io.trestle.conversations.Callables.Instance;
import io.trestle.kernel.Clock;
import io.trestle.kernel.gateway.Call;
import io.trestle.kernel.gateway.GrpcFailure;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.wire.LiveConnection;
import io.trestle.protocol.wire.PinnedChannel;
import io.trestle.rpc.core.Forward;
import io.trestle.rpc.core.Selection;
import io.trestle.rpc.core.Verdict;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One proxied unary call from candidate to candidate until one answers, nothing is left, or the
 * caller's time is over. Everything runs on the event loop of the caller's connection.
 */
final class ProxyCall {
  private static final long DEFAULT_TIMEOUT_MILLIS = 30_000;

  /** Timers and the clock do not agree to the millisecond. */
  private static final long TIMER_SLACK_MILLIS = 10;

  private final Vertx vertx;
  private final Clock clock;
  private final CalleeClient callees;
  private final Outcomes outcomes;
  private final Forward forward;
  private final Selection selection;
  private final long deadlineMillis;
  private final Promise<Buffer> result = Promise.promise();
  private Verdict last =
      new Verdict.TryNext(StatusCode.UNAVAILABLE, "no live instance offers this method");
  private @Nullable Attempt current;
  private boolean over;
  private boolean abandoned;

  ProxyCall(
      Vertx vertx,
      Clock clock,
      CalleeClient callees,
      Outcomes outcomes,
      Forward forward,
      Selection selection,
      Call call) {
    this.vertx = vertx;
    this.clock = clock;
    this.callees = callees;
    this.outcomes = outcomes;
    this.forward = forward;
    this.selection = selection;
    long named = call.deadlineMillis();
    this.deadlineMillis = named > 0 ? named : clock.millis() + DEFAULT_TIMEOUT_MILLIS;
    call.aborted().onComplete(a -> abandon());
  }

  Future<Buffer> run() {
    long timer = vertx.setTimer(Math.max(1, remaining()), id -> expire());
    next();
    return result.future().onComplete(r -> vertx.cancelTimer(timer));
  }

  private long remaining() {
    return deadlineMillis - clock.millis();
  }

  private void next() {
    if (over) {
      return;
    }
    Optional<Instance> candidate = selection.next();
    if (candidate.isEmpty()) {
      giveUp();
    } else {
      dial(candidate.get());
    }
  }

  private void giveUp() {
    if (last instanceof Verdict.TryNext nothing) {
      fail(GrpcFailure.notDispatched(nothing.status(), nothing.message()));
    }
  }

  private void dial(Instance candidate) {
    Optional<PinnedChannel> channel = callees.channel(forward.target(), candidate);
    if (channel.isEmpty()) {
      String endpoint = "endpoint '" + candidate.callEndpoint() + "' is not usable";
      conclude(candidate, notReached(candidate, endpoint));
    } else {
      PinnedChannel way = channel.get();
      Dial.begin(
          vertx,
          way,
          remaining(),
          connection -> send(candidate, way, connection),
          why -> conclude(candidate, notReached(candidate, why)));
    }
  }

  private static Attempt.Ended notReached(Instance candidate, String why) {
    return new Attempt.Ended(Verdict.notReached(candidate.instanceId(), why), null);
  }

  private void send(Instance candidate, PinnedChannel channel, LiveConnection connection) {
    if (over) {
      selection.release(candidate);
      return;
    }
    Attempt attempt =
        Attempt.start(
            connection,
            forward.call(),
            forward.trace(),
            Math.max(1, remaining()),
            ended -> {
              if (ended.verdict().unavailable()) {
                channel.drop(connection);
              }
              conclude(candidate, ended);
            });
    if (!over && !attempt.isOver()) {
      current = attempt;
    }
  }

  private void conclude(Instance candidate, Attempt.Ended ended) {
    selection.release(candidate);
    current = null;
    if (!abandoned) {
      outcomes.add(candidate.instanceId(), ended.verdict().isFailure());
    }
    if (over) {
      return;
    }
    Buffer reply = ended.reply();
    if (reply != null) {
      over = true;
      result.complete(reply);
    } else if (ended.verdict() instanceof Verdict.Final end) {
      fail(GrpcFailure.of(end.status(), end.message()));
    } else {
      last = ended.verdict();
      next();
    }
  }

  /** Time is over: that counts against the instance which was being waited for. */
  private void expire() {
    fail(GrpcFailure.of(StatusCode.DEADLINE_EXCEEDED, "deadline passed"));
    cancelCurrent();
  }

  /**
   * The caller left, or the gateway was first to see that its time is over. Leaving says nothing
   * about the instance. A call with an idempotency key goes on, so that its reply can be saved.
   */
  private void abandon() {
    if (remaining() <= TIMER_SLACK_MILLIS) {
      expire();
    } else if (forward.call().getIdempotencyKey().isEmpty()) {
      abandoned = true;
      fail(GrpcFailure.of(StatusCode.CANCELLED, "cancelled by the caller"));
      cancelCurrent();
    }
  }

  private void cancelCurrent() {
    Attempt attempt = current;
    if (attempt != null) {
      attempt.cancel();
    }
  }

  private void fail(GrpcFailure failure) {
    if (!over) {
      over = true;
      result.fail(failure);
    }
  }
}
