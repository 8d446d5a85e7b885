package io.trestle.sdk;

/**
 * Serves one method, synchronously. It runs on a virtual thread where the JDK has them, else on a
 * thread of a bounded pool, or on the executor given to the builder; it may block.
 */
@FunctionalInterface
public interface RpcHandler {

  /**
   * Answers a request.
   *
   * @param request the payload; the array is the handler's own
   * @return the payload of the answer, not to be changed afterwards
   * @throws HandlerException to answer with a business code
   * @throws Exception anything else reaches the caller as {@code INTERNAL} with its message
   */
  byte[] handle(byte[] request, CallContext context) throws Exception;
}
