package io.trestle.sdk.internal.call;

import io.netty.buffer.ByteBuf;
import io.trestle.protocol.ErrorCode;
import io.trestle.sdk.HandlerException;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.internal.call.CallAttempts.Failure;
import io.trestle.sdk.internal.call.CallAttempts.Next;
import io.trestle.sdk.internal.wire.CallMessages;
import java.io.IOException;
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
final class UnaryCall extends OutboundCall {
  private final CallAttempts attempts;
  private final Result result = new Result();
  private volatile @Nullable Attempt current;
  private CallMessages.@Nullable Response answer;

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
    super(caller, service, contractHash, plan, request);
    this.attempts = new CallAttempts(plan.transport(), plan.retry());
  }

  CompletableFuture<byte[]> result() {
    return result;
  }

  /** Makes the next attempt. */
  void start() {
    attempt(attempts.proxy(), attempts.excluded());
  }

  @Override
  boolean streams() {
    return false;
  }

  @Override
  void message(ByteBuf message) throws IOException {
    if (answer != null) {
      throw new IOException("more than one answer");
    }
    answer = CallMessages.readResponse(message);
  }

  @Override
  void answered() {
    CallMessages.Response response = answer;
    if (response == null) {
      failed(
          new Failure.Final(
              new ServiceBridgeException(
                  ErrorCode.INTERNAL, name() + ": there is no answer", null)));
    } else if (response.errorCode().isEmpty()) {
      current = null;
      result.complete(response.payload());
    } else {
      failed(
          new Failure.Final(
              HandlerException.received(response.errorCode(), response.errorMessage())));
    }
  }

  @Override
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

  @Override
  void begin(Attempt attempt) {
    answer = null;
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
}
