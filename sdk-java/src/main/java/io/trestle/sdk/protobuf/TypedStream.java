package io.trestle.sdk.protobuf;

import io.trestle.sdk.RpcMethod;
import io.trestle.sdk.RpcStream;
import io.trestle.sdk.ServiceBridgeException;
import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * The messages of a streamed answer as they arrive, to be read by one thread at a time. Whoever
 * leaves early closes it: the handler is then told to stop.
 *
 * <pre>{@code
 * try (TypedStream<Progress> picking = watch.stream(order)) {
 *   while (picking.hasNext()) {
 *     show(picking.next());
 *   }
 * }
 * }</pre>
 */
public final class TypedStream<R> implements Iterator<R>, AutoCloseable {
  private final RpcMethod method;
  private final MessageType<R> type;
  private final RpcStream chunks;
  private long count;

  TypedStream(RpcMethod method, MessageType<R> type, RpcStream chunks) {
    this.method = method;
    this.type = type;
    this.chunks = chunks;
  }

  /**
   * Waits for the next message or the end; see {@link RpcStream#hasNext}.
   *
   * @return false at a clean end
   * @throws ServiceBridgeException by its code, after the messages that came before
   */
  @Override
  public boolean hasNext() {
    return chunks.hasNext();
  }

  /**
   * The next message; waits as {@link #hasNext} does and throws what it throws.
   *
   * @throws NoSuchElementException at a clean end
   * @throws ServiceBridgeException also {@code INTERNAL} if it does not decode; the call is then
   *     over
   */
  @Override
  public R next() {
    byte[] chunk = chunks.next();
    try {
      return Reply.decode(method, "chunk " + ++count, type, chunk);
    } catch (RuntimeException e) {
      chunks.close();
      throw e;
    }
  }

  /** Ends the call if it has not ended; any thread. Idempotent. */
  @Override
  public void close() {
    chunks.close();
  }
}
