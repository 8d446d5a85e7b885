package io.trestle.sdk.internal.traces;

import io.trestle.protocol.TraceContext;
import io.trestle.sdk.TraceStream;
import org.jspecify.annotations.Nullable;

/** The stream of a handler, which is there only if the handler asks for it. Any thread. */
public final class HandlerStream {
  private final TraceWriters writers;
  private final TraceContext trace;
  private @Nullable TraceWriter writer;
  private boolean over;

  /** Of a handler under a trace. */
  public HandlerStream(TraceWriters writers, TraceContext trace) {
    this.writers = writers;
    this.trace = trace;
  }

  /** The stream. */
  public synchronized TraceStream get() {
    TraceWriter made = writer;
    if (made == null) {
      made = writers.open(trace.traceId());
      writer = made;
      if (over) {
        made.ended(true);
      }
    }
    return made;
  }

  /** The handler has ended. */
  public void ended(@Nullable Throwable failure) {
    TraceWriter made;
    synchronized (this) {
      over = true;
      made = writer;
    }
    if (made != null) {
      made.ended(failure == null);
    }
  }
}
