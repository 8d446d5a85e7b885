package io.trestle.sdk;

import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * The chunks of a streamed answer as they arrive, to be read by one thread at a time. Whoever
 * leaves early closes it: the handler is then told to stop. What is not read slows the handler
 * down.
 *
 * <pre>{@code
 * try (RpcStream ticks = bridge.rpc().stream("prices", "watch", request)) {
 *   while (ticks.hasNext()) {
 *     show(ticks.next());
 *   }
 * }
 * }</pre>
 */
public interface RpcStream extends Iterator<byte[]>, AutoCloseable {

  /**
   * Waits for the next chunk or the end. Not on an event loop. An interrupt cancels the call.
   *
   * @return false at a clean end
   * @throws HandlerException if the handler failed; the chunks before it were delivered
   * @throws CallTimeoutException if the time of the whole stream is over
   * @throws ServiceBridgeException otherwise, by its code; {@code CANCELLED} after {@link #close}
   */
  @Override
  boolean hasNext();

  /**
   * The next chunk; waits as {@link #hasNext} does and throws what it throws.
   *
   * @throws NoSuchElementException at a clean end
   */
  @Override
  byte[] next();

  /** Ends the call if it has not ended; any thread. Idempotent. */
  @Override
  void close();
}
