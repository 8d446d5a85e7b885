package io.trestle.sdk.internal.events;

import io.trestle.protocol.TraceContext;
import io.trestle.protocol.UuidV7;
import io.trestle.sdk.EventContext;
import io.trestle.sdk.internal.TraceScope;
import io.trestle.sdk.internal.inbound.Interruption;
import io.trestle.sdk.internal.traces.HandlerStream;
import io.trestle.sdk.internal.traces.TraceWriters;
import io.trestle.sdk.internal.wire.EventMessages.Delivery;
import io.trestle.sdk.internal.wire.EventMessages.Envelope;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** Runs one handler with one event. */
final class EventRunner {
  private final Executor threads;
  private final UuidV7 ids;
  private final TraceWriters traces;

  /** Hears how it ended, once; any thread. */
  @FunctionalInterface
  interface Done {
    /** The failure; null for success. */
    void ended(@Nullable Throwable failure);
  }

  /** There is no thread for a handler. */
  static final class NoThread extends Exception {
    private static final long serialVersionUID = 1L;

    NoThread() {
      super("no thread", null, false, false);
    }
  }

  /** The payload is none of the schema of the handler. */
  static final class Undecodable extends Exception {
    private static final long serialVersionUID = 1L;

    Undecodable(RuntimeException why) {
      super("decode: " + text(why), why, false, false);
    }
  }

  EventRunner(Executor threads, UuidV7 ids, TraceWriters traces) {
    this.threads = threads;
    this.ids = ids;
    this.traces = traces;
  }

  /**
   * Starts.
   *
   * @param payload the handler's own
   */
  <T> void run(
      Subscription<T> subscription,
      Delivery delivery,
      Envelope envelope,
      byte[] payload,
      Cancellation cancellation,
      Done heard) {
    TraceContext trace =
        TraceContext.parse(envelope.trace()).orElseGet(() -> TraceContext.root(ids));
    HandlerStream stream = new HandlerStream(traces, trace);
    EventContext context =
        new DeliveryContext(
            delivery, envelope, subscription.pattern(), trace.format(), stream, cancellation);
    Done done =
        failure -> {
          stream.ended(failure);
          heard.ended(failure);
        };
    if (subscription.handler() instanceof Subscription.Handler.Async<T> async) {
      runAsync(subscription, async, payload, context, done);
    } else if (subscription.handler() instanceof Subscription.Handler.Blocking<T> blocking) {
      submit(() -> runBlocking(subscription, blocking, payload, context, done), done);
    }
  }

  private <T> void runAsync(
      Subscription<T> subscription,
      Subscription.Handler.Async<T> async,
      byte[] payload,
      EventContext context,
      Done done) {
    try {
      T event = decoded(subscription, payload);
      async
          .handler()
          .handle(event, context)
          .whenComplete((ignored, failure) -> done.ended(cause(failure)));
    } catch (Throwable e) { // an Error of a handler is its failure, not ours
      done.ended(e);
    }
  }

  private void submit(Runnable task, Done done) {
    try {
      threads.execute(task);
    } catch (RejectedExecutionException e) {
      done.ended(new NoThread());
    }
  }

  private static <T> void runBlocking(
      Subscription<T> subscription,
      Subscription.Handler.Blocking<T> blocking,
      byte[] payload,
      EventContext context,
      Done done) {
    Throwable failure = null;
    Interruption interruption = new Interruption(Thread.currentThread());
    context.onCancel(interruption::interrupt);
    TraceScope.enter(context.trace());
    try {
      blocking.handler().handle(decoded(subscription, payload), context);
    } catch (Throwable e) {
      failure = e;
    } finally {
      TraceScope.leave();
      interruption.end();
    }
    done.ended(failure);
  }

  private static <T> T decoded(Subscription<T> subscription, byte[] payload) throws Undecodable {
    try {
      return subscription.schema().decode(payload);
    } catch (RuntimeException e) {
      throw new Undecodable(e);
    }
  }

  private static @Nullable Throwable cause(@Nullable Throwable failure) {
    return failure instanceof CompletionException c && c.getCause() != null
        ? c.getCause()
        : failure;
  }

  /** What to say of a failure. */
  static String text(Throwable failure) {
    String message = failure.getMessage();
    return message == null || message.isEmpty() ? failure.toString() : message;
  }
}
