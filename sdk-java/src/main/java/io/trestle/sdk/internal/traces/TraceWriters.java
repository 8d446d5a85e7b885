package io.trestle.sdk.internal.traces;

/** Where the streams of handlers lead. */
@FunctionalInterface
public interface TraceWriters {
  /** A writer to a trace, for one handler. */
  TraceWriter open(String traceId);
}
