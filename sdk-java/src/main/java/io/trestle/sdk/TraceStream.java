package io.trestle.sdk;

import java.util.concurrent.CompletionStage;

/**
 * What a handler tells whoever watches its trace while it works (events.md 12.3): JSON values in
 * lanes, stored as they are written, and seen from the beginning by who comes later. Safe on any
 * thread; nothing here blocks.
 *
 * <p>While the runtime is away, 1,000 chunks of this instance are kept (16 MiB); beyond that the
 * oldest are given up, and a gap is shown in their place. With a connection 10,000 may be waiting.
 * Whoever writes more waits for the result of {@link #write} now and then.
 *
 * <p>The stream ends when the handler has ended and nobody else has been writing to the trace for 5
 * s. A handler that will write later than others asks for its stream early.
 */
public interface TraceStream {
  /** The lane of what has none. */
  String OUTPUT = "output";

  /** The trace that is written to, for {@link ServiceBridge#watchTrace}. */
  String traceId();

  /**
   * Writes a chunk.
   *
   * @param json one JSON value, at most 64 KiB in UTF-8
   * @param key the lane, such as {@code output}, {@code progress}, {@code log}: 1 to 128 printable
   *     characters, at most 64 lanes in a stream
   * @return not needed by who does not care: the place of the chunk in the stream, when it is
   *     stored; fails with {@link QueueFullException} if it was given up, {@link
   *     ValidationException} if it or its key is not acceptable, {@link StateException} after the
   *     end of the handler or of the bridge
   */
  CompletionStage<Long> write(String json, String key);

  /** Writes a chunk to the lane {@link #OUTPUT}. */
  default CompletionStage<Long> write(String json) {
    return write(json, OUTPUT);
  }
}
