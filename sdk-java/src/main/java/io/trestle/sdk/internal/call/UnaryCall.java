package io.trestle.sdk.internal.call;

import io.trestle.sdk.AccessDeniedException;
import io.trestle.sdk.NoLiveInstanceException;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.internal.call.CallAttempts.Failure;
import io.trestle.sdk.internal.call.CallAttempts.Next;
import io.trestle.sdk.internal.call.CandidateChoice.Choice;
import io.trestle.sdk.internal.registry.PolicyView;
import io.trestle.sdk.internal.registry.Route;
import io.trestle.sdk.internal.wire.CallMessages;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * One call from its first attempt to its result.
 *
 * <p>It chooses an instance, makes an {@link Attempt}, and asks {@link CallAttempts} what follows
 * when that fails. The first attempt is prepared on the thread of the caller, so that encoding
 * payloads does not burden the event loops; from then on everything happens on the lane of the
 * attempt. Attempts follow one another, each handing over to the next, so their state needs no
 * lock.
 */
final class UnaryCall {
  private final Caller caller;
  private final String service;
  private final String contractHash;
  private final CallMessages.Request request;
  private final CallPlan plan;
  private final CallAttempts attempts;
  private final long deadline;
  private final Result result = new Result();
  private volatile @Nullable Attempt current;

  /** The future of the application; cancelling it cancels the call. */
  private final class Result extends CompletableFuture<byte[]> {
    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
      boolean first = super.cancel(mayInterruptIfRunning);
      if (first) {
        abandonCurrent();
      }
      return first;
    }
  }

  UnaryCall(
      Caller caller,
      String service,
      String contractHash,
      CallPlan plan,
      CallMessages.Request request) {
    this.caller = caller;
    this.service = service;
    this.contractHash = contractHash;
    this.plan = plan;
    this.request = request;
    this.attempts = new CallAttempts(plan.transport(), plan.retry());
    this.deadline = System.nanoTime() + plan.timeoutNanos();
  }

  CompletableFuture<byte[]> result() {
    return result;
  }

  CallMessages.Request request() {
    return request;
  }

  /** What an instance must serve to be called. */
  String contractHash() {
    return contractHash;
  }

  /** Nanoseconds left; not positive when the time is over. */
  long remaining() {
    return deadline - System.nanoTime();
  }

  /** Makes the next attempt. */
  void start() {
    Choice choice =
        CandidateChoice.choose(
            caller.view().routes().find(service, request.method()),
            contractHash,
            attempts.excluded(),
            caller.nowMillis(),
            ThreadLocalRandom.current());
    if (choice instanceof Choice.Chosen chosen) {
      attempt(chosen.route());
    } else {
      String reason = ((Choice.None) choice).reason();
      failed(new Failure.Undispatched(new NoLiveInstanceException(name() + ": " + reason), null));
    }
  }

  void succeeded(byte[] payload) {
    current = null;
    result.complete(payload);
  }

  void failed(Failure failure) {
    current = null;
    double random = ThreadLocalRandom.current().nextDouble();
    Next next = attempts.after(failure, Duration.ofNanos(remaining()), random);
    if (next instanceof Next.GiveUp end) {
      result.completeExceptionally(end.error());
    } else if (next instanceof Next.Again again && !result.isDone()) {
      long nanos = again.pause().toNanos();
      if (nanos == 0) {
        start();
      } else {
        caller.pause(this, nanos);
      }
    }
  }

  /** A verdict of an access rule, on either side. */
  void denied(ServiceBridgeException error) {
    caller.denied(service, request.method(), String.valueOf(error.getMessage()));
    failed(new Failure.Final(error));
  }

  /** The pause is over. */
  void resume() {
    if (!result.isDone()) {
      start();
    }
  }

  /** The end, from outside. */
  void fail(ServiceBridgeException error) {
    result.completeExceptionally(error);
  }

  private void attempt(Route route) {
    PolicyView policy = caller.view().policy();
    if (attempts.proxy()) {
      begin(Attempt.viaRuntime(this, caller.runtime(), route, attempts.excluded()));
    } else if (policy != null && !policy.mayCall(route.serviceId(), request.method())) {
      denied(new AccessDeniedException(name() + ": access denied: egress: not allowed by policy"));
    } else {
      begin(Attempt.direct(this, caller.peers(), route));
    }
  }

  private void begin(Attempt attempt) {
    current = attempt;
    attempt.begin();
    if (result.isCancelled()) {
      abandonCurrent();
    }
  }

  private void abandonCurrent() {
    Attempt attempt = current;
    if (attempt != null) {
      attempt.abandon();
    }
  }

  private String name() {
    return "rpc " + service + "/" + request.method();
  }

  /** The plan of the call. */
  CallPlan plan() {
    return plan;
  }
}
