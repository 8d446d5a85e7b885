package io.trestle.sdk.protobuf;

import io.trestle.sdk.ChunkWriter;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.ValidationException;
import java.util.concurrent.CompletableFuture;

/**
 * Where a handler puts the messages of its answer; otherwise as {@link ChunkWriter}. Any thread.
 */
public interface TypedWriter<R> {

  /**
   * Sends a message, and waits while the caller does not keep up; see {@link ChunkWriter#send}.
   *
   * @throws ValidationException if it does not fit its type, or is larger than 4 MiB
   * @throws ServiceBridgeException {@code CANCELLED} if nobody waits for the answer any more, or
   *     the thread was interrupted
   */
  void send(R message);

  /**
   * Sends a message. The future completes when the next one may be sent, on an event loop, and
   * fails with what {@link #send} throws.
   */
  CompletableFuture<Void> sendAsync(R message);
}
