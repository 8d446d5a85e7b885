package io.trestle.sdk;

import java.util.concurrent.CompletableFuture;

/**
 * Where a handler puts the chunks of its answer. Any thread; chunks arrive in the order of the
 * calls.
 *
 * <p>Up to 64 KiB may wait for the network; above that {@code send} waits, so that a slow caller
 * slows the handler down and nothing piles up between them.
 */
public interface ChunkWriter {

  /**
   * Sends a chunk, and waits while the caller does not keep up. Not on an event loop.
   *
   * @param chunk at most 4 MiB; not to be changed afterwards
   * @throws ServiceBridgeException {@code CANCELLED} if nobody waits for the answer any more, or
   *     the thread was interrupted
   * @throws ValidationException if the chunk is too large; the call then ends with {@code
   *     OVERLOADED}
   */
  void send(byte[] chunk);

  /**
   * Sends a chunk. The future completes when the next one may be sent, on an event loop or, where
   * the caller is in the same process, on a thread of the common pool, and fails with what {@link
   * #send} throws. It may be complete already; to send the next one from its completion is safe,
   * the stack does not grow with the number of chunks.
   */
  CompletableFuture<Void> sendAsync(byte[] chunk);
}
