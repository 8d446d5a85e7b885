package io.trestle.sdk.internal.inbound;

import io.trestle.protocol.StatusCode;
import io.trestle.protocol.TraceContext;
import io.trestle.protocol.UuidV7;
import io.trestle.protocol.transport.PeerIdentity;
import io.trestle.protocol.wire.CallStatus;
import io.trestle.sdk.CallContext;
import io.trestle.sdk.HandlerException;
import io.trestle.sdk.internal.TraceScope;
import io.trestle.sdk.internal.call.Caller;
import io.trestle.sdk.internal.registry.RegistryView;
import io.trestle.sdk.internal.wire.CallMessages;
import java.time.InstantSource;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
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
  private volatile boolean draining;

  Dispatcher(
      RegistryView view,
      Handlers handlers,
      Slots slots,
      Executor threads,
      InstantSource clock,
      UuidV7 ids) {
    this.view = view;
    this.handlers = handlers;
    this.slots = slots;
    this.threads = threads;
    this.clock = clock;
    this.ids = ids;
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
  void dispatch(InboundCall call, CallMessages.Request request) {
    Admission.Verdict verdict =
        Admission.judge(
            draining,
            view.policy(),
            call.peer().spiffeId(),
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
      InboundCall call, CallMessages.Request request, Admission.Verdict.Admitted caller) {
    TraceContext trace =
        TraceContext.parse(call.trace())
            .or(() -> TraceContext.parse(request.trace()))
            .orElseGet(() -> TraceContext.root(ids));
    return new InboundContext(
        new CallContext.Caller(caller.serviceId(), caller.instanceId()),
        request.requestId(),
        request.idempotencyKey(),
        trace.format(),
        clock.instant(),
        call.timeoutNanos());
  }

  private void enter(InboundCall call, CallMessages.Request request, InboundContext context) {
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

  private void run(InboundCall call, CallMessages.Request request, InboundContext context) {
    Handlers.Handler handler = handlers.find(request.method());
    if (context.cancelled()) {
      finish(call, CallStatus.of(StatusCode.CANCELLED, "the caller left"));
    } else if (handler == null) {
      finish(call, CallStatus.of(StatusCode.NOT_FOUND, "unknown method " + request.method()));
    } else if (call.streaming()) {
      String text = request.method() + " answers with one message, not with a stream";
      finish(call, CallStatus.of(StatusCode.FAILED_PRECONDITION, text));
    } else if (handler instanceof Handlers.Handler.Async async) {
      runAsync(call, async, request, context);
    } else if (handler instanceof Handlers.Handler.Blocking blocking) {
      submit(call, blocking, request, context);
    }
  }

  private void runAsync(
      InboundCall call,
      Handlers.Handler.Async async,
      CallMessages.Request request,
      InboundContext context) {
    try {
      async
          .handler()
          .handle(request.payload(), context)
          .whenComplete((reply, failure) -> finish(call, reply, failure));
    } catch (Throwable e) { // an Error of a handler is its failure, not ours (rpc.md 5.2)
      finish(call, null, e);
    }
  }

  private void submit(
      InboundCall call,
      Handlers.Handler.Blocking blocking,
      CallMessages.Request request,
      InboundContext context) {
    try {
      threads.execute(() -> runBlocking(call, blocking, request, context));
    } catch (RejectedExecutionException e) {
      finish(call, Admission.OVERLOADED);
    }
  }

  private void runBlocking(
      InboundCall call,
      Handlers.Handler.Blocking blocking,
      CallMessages.Request request,
      InboundContext context) {
    byte[] reply = null;
    Throwable failure = null;
    Interruption interruption = new Interruption(Thread.currentThread());
    context.onCancel(interruption::interrupt);
    TraceScope.enter(context.trace());
    try {
      reply = blocking.handler().handle(request.payload(), context);
    } catch (Throwable e) {
      failure = e;
    } finally {
      TraceScope.leave();
      interruption.end();
    }
    finish(call, reply, failure);
  }

  // The answer goes out first: the place that it gives back may run the next call at once.
  private void finish(InboundCall call, byte @Nullable [] reply, @Nullable Throwable failure) {
    try {
      answer(call, reply, failure);
    } finally {
      slots.leave();
    }
  }

  private static void answer(
      InboundCall call, byte @Nullable [] reply, @Nullable Throwable failure) {
    if (failure == null && reply != null) {
      respond(call, new CallMessages.Response(reply, "", ""));
      return;
    }
    Throwable cause =
        failure instanceof CompletionException c && c.getCause() != null ? c.getCause() : failure;
    if (cause instanceof UndecodableException e) {
      call.finish(CallStatus.of(StatusCode.INVALID_ARGUMENT, String.valueOf(e.getMessage())));
    } else {
      respond(call, failed(cause));
    }
  }

  private void finish(InboundCall call, CallStatus status) {
    call.finish(status);
    slots.leave();
  }

  private static CallMessages.Response failed(@Nullable Throwable failure) {
    String text =
        failure == null
            ? "the handler answered with null"
            : failure.getMessage() == null ? failure.toString() : failure.getMessage();
    String code =
        failure instanceof HandlerException e && !e.remote()
            ? e.handlerCode()
            : HandlerException.INTERNAL;
    return new CallMessages.Response(new byte[0], code, text);
  }

  private static void respond(InboundCall call, CallMessages.Response response) {
    int size = CallMessages.responseSize(response);
    if (size > Caller.MAX_MESSAGE) {
      String text = "answer: " + size + " bytes (expected: at most " + Caller.MAX_MESSAGE + ")";
      call.finish(CallStatus.of(StatusCode.RESOURCE_EXHAUSTED, text));
    } else {
      call.finish(CallMessages.response(response));
    }
  }
}
