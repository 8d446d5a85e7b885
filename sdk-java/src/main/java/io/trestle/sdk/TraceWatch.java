package io.trestle.sdk;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The chunks of a trace, those that are stored and then those that are being written, each once, in
 * order; read by one thread at a time. A connection that breaks is made again (500 to 5,000 ms) and
 * the watch goes on behind what was seen. What is not read waits at the runtime.
 *
 * <pre>{@code
 * try (TraceWatch watch = bridge.watchTrace(traceId, WatchOptions.of("progress"))) {
 *   while (watch.hasNext()) {
 *     show(watch.next());
 *   }
 * }
 * }</pre>
 */
public interface TraceWatch extends Iterator<TraceItem>, AutoCloseable {

  /**
   * Waits for the next item. Not on an event loop.
   *
   * @return false after {@link TraceItem.Complete}
   * @throws ServiceBridgeException if the runtime refuses the watch, by its code; {@code CANCELLED}
   *     after {@link #close}
   */
  @Override
  boolean hasNext();

  /**
   * The next item; waits as {@link #hasNext} does and throws what it throws.
   *
   * @throws NoSuchElementException after the end
   */
  @Override
  TraceItem next();

  /**
   * The next item without waiting, empty after the end; asked again only when it has come. It
   * completes on an event loop: what depends on it must not block.
   */
  CompletableFuture<Optional<TraceItem>> nextAsync();

  /** Ends the watch; any thread. Idempotent. */
  @Override
  void close();
}
