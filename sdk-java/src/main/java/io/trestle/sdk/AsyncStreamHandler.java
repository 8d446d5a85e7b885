package io.trestle.sdk;

import java.util.concurrent.CompletionStage;

/**
 * Serves one method with a stream of chunks without blocking: it is called on an event loop and
 * must return at once.
 */
@FunctionalInterface
public interface AsyncStreamHandler {

  /**
   * Answers a request with any number of chunks.
   *
   * @param request the payload; the array is the handler's own
   * @param out takes the chunks; wait for what {@link ChunkWriter#sendAsync} returns
   * @return completes when there are no more chunks; a failure counts as if {@link StreamHandler}
   *     had thrown it
   */
  CompletionStage<Void> handle(byte[] request, CallContext context, ChunkWriter out);
}
