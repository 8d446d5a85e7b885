package io.trestle.rpc;

import io.trestle.conversations.Callables.Instance;
import io.trestle.kernel.Clock;
import io.trestle.kernel.gateway.Call;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.wire.LiveConnection;
import io.trestle.protocol.wire.PinnedChannel;
import io.trestle.rpc.core.Forward;
import io.trestle.rpc.core.Selection;
import io.trestle.rpc.core.Verdict;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One proxied unary call from candidate to candidate until one answers, nothing is left, or time is
 * over. Everything runs on the event loop of the caller's connection.
 */
final class ProxyCall {
  private final Vertx vertx;
  private final Clock clock;
  private final CalleeClient callees;
  private final Outcomes outcomes;
  private final Forward forward;
  private final Selection selection;
  private final Time time;
  private final Promise<Attempt.Ended> result = Promise.promise();
  private Verdict last =
      new Verdict.TryNext(StatusCode.UNAVAILABLE, "no live instance offers this method");
  private @Nullable Attempt current;
  private boolean over;
  private boolean abandoned;

  /**
   * How long a call may take.
   *
   * @param deadlineMillis unix milliseconds, passed on to the callee; nothing is begun after it
   * @param graceMillis how much longer an answer that is under way is waited for
   */
  record Time(long deadlineMillis, long graceMillis) {
    private static final long DEFAULT_TIMEOUT_MILLIS = 30_000;

    /** Timers and the clock do not agree to the millisecond. */
    private static final long TIMER_SLACK_MILLIS = 10;

    /** The deadline of a call, or the default (rpc.md 3.2, step 1). */
    static Time of(Call call, Clock clock, long graceMillis) {
      long named = call.deadlineMillis();
      return new Time(named > 0 ? named : clock.millis() + DEFAULT_TIMEOUT_MILLIS, graceMillis);
    }

    long remaining(Clock clock) {
      return deadlineMillis - clock.millis();
    }

    boolean isOver(Clock clock) {
      return remaining(clock) <= TIMER_SLACK_MILLIS;
    }
  }

  ProxyCall(
      Vertx vertx,
      Clock clock,
      CalleeClient callees,
      Outcomes outcomes,
      Forward forward,
      Selection selection,
      Time time) {
    this.vertx = vertx;
    this.clock = clock;
    this.callees = callees;
    this.outcomes = outcomes;
    this.forward = forward;
    this.selection = selection;
    this.time = time;
  }

  /** Completes with the end, whatever it is; never fails. */
  Future<Attempt.Ended> run() {
    long timer = vertx.setTimer(Math.max(1, remaining() + time.graceMillis()), id -> expire());
    next();
    return result.future().onComplete(r -> vertx.cancelTimer(timer));
  }

  private long remaining() {
    return time.remaining(clock);
  }

  /** The caller has been told, and what is under way may end; nothing new begins. */
  private boolean lapsed() {
    return time.graceMillis() > 0 && remaining() <= 0;
  }

  private void next() {
    if (over) {
      return;
    }
    Optional<Instance> candidate = lapsed() ? Optional.empty() : selection.next();
    if (candidate.isEmpty()) {
      end(new Attempt.Ended(last, null));
    } else {
      dial(candidate.get());
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
    if (lapsed()) {
      conclude(candidate, notReached(candidate, "deadline passed"));
      return;
    }
    Attempt attempt =
        Attempt.start(
            connection,
            forward.call(),
            forward.trace(),
            Math.max(1, remaining()),
            ended -> {
              if (ended.verdict().unavailable()) { // a broken connection is gone by itself
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
    if (ended.verdict() instanceof Verdict.TryNext) {
      last = ended.verdict();
      next();
    } else {
      end(ended);
    }
  }

  /** Time is over: that counts against the instance which was being waited for. */
  private void expire() {
    giveUp(StatusCode.DEADLINE_EXCEEDED, "deadline passed");
  }

  /**
   * The caller left, or the gateway was first to see that its time is over. Leaving says nothing
   * about the instance.
   */
  void abandon() {
    if (time.isOver(clock)) {
      expire();
    } else {
      abandoned = true;
      giveUp(StatusCode.CANCELLED, "cancelled by the caller");
    }
  }

  private void giveUp(StatusCode status, String why) {
    end(new Attempt.Ended(new Verdict.Unknown(status, why), null));
    Attempt attempt = current;
    if (attempt != null) {
      attempt.cancel();
    }
  }

  private void end(Attempt.Ended ended) {
    if (!over) {
      over = true;
      result.complete(ended);
    }
  }
}
