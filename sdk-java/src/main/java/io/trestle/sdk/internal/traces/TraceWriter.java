package io.trestle.sdk.internal.traces;

import io.trestle.sdk.TraceStream;

/** The stream of one handler. */
public interface TraceWriter extends TraceStream {
  /** The handler has ended; later writes fail. */
  void ended(boolean well);
}
