package io.trestle.sdk;

/**
 * Serves one method with a stream of chunks, synchronously, on a thread as that of {@link
 * RpcHandler}.
 */
@FunctionalInterface
public interface StreamHandler {

  /**
   * Answers a request with any number of chunks. When the caller leaves or its time is over, the
   * thread is interrupted and the next {@code send} throws, so that {@code finally} and
   * try-with-resources clean up.
   *
   * @param request the payload; the array is the handler's own
   * @param out takes the chunks
   * @throws HandlerException to end with a business code, after the chunks sent before
   * @throws Exception anything else reaches the caller as {@code INTERNAL} with its message
   */
  void handle(byte[] request, CallContext context, ChunkWriter out) throws Exception;
}
