package io.trestle.sdk.internal.inbound;

import io.trestle.sdk.CallContext;
import io.trestle.sdk.TraceStream;
import io.trestle.sdk.internal.traces.HandlerStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a handler is told. */
final class InboundContext implements CallContext {
  private static final Logger LOG = System.getLogger("io.trestle.sdk");

  private final Caller caller;
  private final String requestId;
  private final String idempotencyKey;
  private final String trace;
  private final HandlerStream stream;
  private final @Nullable Instant deadline;
  private final long deadlineNanos;
  private @Nullable List<Runnable> actions = new ArrayList<>(1);

  /**
   * A context.
   *
   * @param remainingNanos the time left; negative for no end
   */
  InboundContext(
      Caller caller,
      String requestId,
      String idempotencyKey,
      String trace,
      HandlerStream stream,
      Instant now,
      long remainingNanos) {
    this.caller = caller;
    this.requestId = requestId;
    this.idempotencyKey = idempotencyKey;
    this.trace = trace;
    this.stream = stream;
    this.deadline = remainingNanos < 0 ? null : now.plusNanos(remainingNanos);
    this.deadlineNanos = System.nanoTime() + remainingNanos;
  }

  @Override
  public Caller caller() {
    return caller;
  }

  @Override
  public String requestId() {
    return requestId;
  }

  @Override
  public String idempotencyKey() {
    return idempotencyKey;
  }

  @Override
  public Optional<Instant> deadline() {
    return Optional.ofNullable(deadline);
  }

  @Override
  public Optional<Duration> remaining() {
    return deadline == null
        ? Optional.empty()
        : Optional.of(Duration.ofNanos(Math.max(0, deadlineNanos - System.nanoTime())));
  }

  @Override
  public String trace() {
    return trace;
  }

  @Override
  public TraceStream stream() {
    return stream.get();
  }

  /** The handler has ended. */
  void ended(@Nullable Throwable failure) {
    stream.ended(failure);
  }

  @Override
  public synchronized boolean cancelled() {
    return actions == null;
  }

  @Override
  public void onCancel(Runnable action) {
    synchronized (this) {
      if (actions != null) {
        actions.add(action);
        return;
      }
    }
    action.run();
  }

  // What the application registered must not keep the others from running.
  private static void guarded(Runnable action) {
    try {
      action.run();
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "an action on cancellation failed", e);
    }
  }

  /** Nobody waits any more. */
  void cancel() {
    List<Runnable> pending;
    synchronized (this) {
      pending = actions;
      actions = null;
    }
    if (pending != null) {
      pending.forEach(InboundContext::guarded);
    }
  }
}
