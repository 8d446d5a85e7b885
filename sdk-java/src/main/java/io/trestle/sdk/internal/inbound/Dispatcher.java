package io.trestle.sdk.internal.inbound;

import io.trestle.protocol.StatusCode;
import io.trestle.protocol.TraceContext;
import io.trestle.protocol.UuidV7;
import io.trestle.protocol.transport.PeerIdentity;
import io.trestle.protocol.wire.CallStatus;
import io.trestle.sdk.CallContext;
import io.trestle.sdk.internal.TraceScope;
import io.trestle.sdk.internal.registry.RegistryView;
import io.trestle.sdk.internal.traces.HandlerStream;
import io.trestle.sdk.internal.traces.TraceWriters;
import io.trestle.sdk.internal.wire.CallMessages;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Takes complete requests through the order of checks of rpc.md 5.4 to their handlers, and the
 * outcomes back (5.2). Admission comes before the slots, the slots before the method: a caller that
 * may not call learns nothing about load, and a full server nothing about names.
 */
final class Dispatcher {
  private final RegistryView view;
  private final Handlers handlers;
  private final Slots slots;
  private final Executor threads;
  private final InstantSource clock;
  private final UuidV7 ids;
  private final TraceWriters traces;
  private volatile boolean draining;

  Dispatcher(
      RegistryView view,
      Handlers handlers,
      Slots slots,
      Executor threads,
      InstantSource clock,
      UuidV7 ids,
      TraceWriters traces) {
    this.view = view;
    this.handlers = handlers;
    this.slots = slots;
    this.threads = threads;
    this.clock = clock;
    this.ids = ids;
    this.traces = traces;
  }

  /** Refuses from now on. */
  void drain() {
    draining = true;
  }

  /** Why a peer need not send its request: what is known before it has said anything. */
  @Nullable CallStatus refusal(PeerIdentity peer) {
    Admission.Verdict verdict =
        Admission.door(draining, view.policy(), peer.spiffeId(), view.revocations());
    return verdict instanceof Admission.Verdict.Refused refused ? refused.status() : null;
  }

  /** Takes a request, on the lane of its connection. */
  void dispatch(Exchange call, CallMessages.Request request) {
    Admission.Verdict verdict =
        Admission.judge(
            draining,
            view.policy(),
            call.caller(),
            request.callerService(),
            view.revocations(),
            request.method());
    if (verdict instanceof Admission.Verdict.Refused refused) {
      call.finish(refused.status());
    } else if (verdict instanceof Admission.Verdict.Admitted admitted) {
      enter(call, request, context(call, request, admitted));
    }
  }

  private InboundContext context(
      Exchange call, CallMessages.Request request, Admission.Verdict.Admitted caller) {
    TraceContext trace =
        TraceContext.parse(call.trace())
            .or(() -> TraceContext.parse(request.trace()))
            .orElseGet(() -> TraceContext.root(ids));
    return new InboundContext(
        new CallContext.Caller(caller.serviceId(), caller.instanceId()),
        request.requestId(),
        request.idempotencyKey(),
        trace.format(),
        new HandlerStream(traces, trace),
        clock.instant(),
        call.timeoutNanos());
  }

  private void enter(Exchange call, CallMessages.Request request, InboundContext context) {
    Runnable turn = () -> run(call, request, context);
    switch (slots.enter(turn)) {
      case RUN -> {
        call.entered(context::cancel);
        turn.run();
      }
      case QUEUED ->
          call.entered(
              () -> {
                context.cancel();
                if (slots.withdraw(turn)) {
                  call.withdrawn();
                }
              });
      case REFUSED -> call.finish(Admission.OVERLOADED);
    }
  }

  private void run(Exchange call, CallMessages.Request request, InboundContext context) {
    Handlers.Handler handler = handlers.find(request.method());
    if (context.cancelled()) {
      finish(call, CallStatus.of(StatusCode.CANCELLED, "the caller left"));
    } else if (handler == null) {
      finish(call, CallStatus.of(StatusCode.NOT_FOUND, "unknown method " + request.method()));
    } else if (call.streaming() != handler.streams()) {
      String kind =
          handler.streams() ? "a stream, not with one message" : "one message, not a stream";
      String text = request.method() + " answers with " + kind;
      finish(call, CallStatus.of(StatusCode.FAILED_PRECONDITION, text));
    } else {
      run(call, handler, request, context);
    }
  }

  private void run(
      Exchange call,
      Handlers.Handler handler,
      CallMessages.Request request,
      InboundContext context) {
    byte[] payload = request.payload();
    if (handler instanceof Handlers.Handler.Async async) {
      runAsync(context, () -> async.handler().handle(payload, context), new OneAnswer(call));
    } else if (handler instanceof Handlers.Handler.Blocking blocking) {
      submit(call, context, () -> blocking.handler().handle(payload, context), new OneAnswer(call));
    } else {
      OutStream out = new OutStream(call);
      context.onCancel(out::close);
      Outcome<Void> outcome = new ManyChunks(call, out);
      if (handler instanceof Handlers.Handler.AsyncStream async) {
        runAsync(context, () -> async.handler().handle(payload, context, out), outcome);
      } else if (handler instanceof Handlers.Handler.BlockingStream blocking) {
        submit(call, context, () -> handle(blocking, payload, context, out), outcome);
      }
    }
  }

  private static @Nullable Void handle(
      Handlers.Handler.BlockingStream blocking,
      byte[] payload,
      InboundContext context,
      OutStream out)
      throws Exception {
    blocking.handler().handle(payload, context, out);
    return null;
  }

  private <T> void runAsync(
      InboundContext context, Supplier<CompletionStage<T>> handler, Outcome<T> outcome) {
    try {
      handler.get().whenComplete((reply, failure) -> finish(context, outcome, reply, failure));
    } catch (Throwable e) { // an Error of a handler is its failure, not ours (rpc.md 5.2)
      finish(context, outcome, null, e);
    }
  }

  private <T> void submit(
      Exchange call, InboundContext context, Callable<@Nullable T> handler, Outcome<T> outcome) {
    try {
      threads.execute(() -> runBlocking(context, handler, outcome));
    } catch (RejectedExecutionException e) {
      finish(call, Admission.OVERLOADED);
    }
  }

  private <T> void runBlocking(
      InboundContext context, Callable<@Nullable T> handler, Outcome<T> outcome) {
    T reply = null;
    Throwable failure = null;
    Interruption interruption = new Interruption(Thread.currentThread());
    context.onCancel(interruption::interrupt);
    TraceScope.enter(context.trace());
    try {
      reply = handler.call();
    } catch (Throwable e) {
      failure = e;
    } finally {
      TraceScope.leave();
      interruption.end();
    }
    finish(context, outcome, reply, failure);
  }

  // The place is free before the answer goes out, else a caller that goes on at once finds it
  // taken. The call that waited for it runs after, else the answer would wait for that call.
  private <T> void finish(
      InboundContext context, Outcome<T> outcome, @Nullable T reply, @Nullable Throwable failure) {
    context.ended(failure);
    Runnable next = slots.release();
    try {
      outcome.tell(reply, cause(failure));
    } finally {
      next.run();
    }
  }

  private static @Nullable Throwable cause(@Nullable Throwable failure) {
    return failure instanceof CompletionException c && c.getCause() != null
        ? c.getCause()
        : failure;
  }

  private void finish(Exchange call, CallStatus status) {
    Runnable next = slots.release();
    call.finish(status);
    next.run();
  }
}
