package io.trestle.sdk;

import java.util.concurrent.CompletionStage;

/**
 * Serves one method without blocking: it is called on an event loop and must return at once. One
 * that takes longer than 100 ms is logged with its stack.
 */
@FunctionalInterface
public interface AsyncRpcHandler {

  /**
   * Answers a request.
   *
   * @param request the payload; the array is the handler's own
   * @return the payload of the answer; a failure counts as if {@link RpcHandler} had thrown it
   */
  CompletionStage<byte[]> handle(byte[] request, CallContext context);
}
