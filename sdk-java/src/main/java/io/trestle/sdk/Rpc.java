package io.trestle.sdk;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;

/** Remote procedure calls, in both directions (rpc.md). Payloads are opaque bytes. Thread-safe. */
public interface Rpc {

  /** {@link #handle(String, Contract, RpcHandler)} without schema. */
  default void handle(String method, RpcHandler handler) {
    handle(method, Contract.NONE, handler);
  }

  /**
   * Serves a method. Before {@code start} only.
   *
   * @param method 1 to 255 characters without control characters, white space and {@code /}
   * @param contract which callers reach it: those with the same hash
   * @throws ValidationException if the name is bad or has a handler already
   * @throws StateException after {@code start}
   * @throws ConfigurationException on a bridge that only calls
   */
  void handle(String method, Contract contract, RpcHandler handler);

  /** {@link #handleAsync(String, Contract, AsyncRpcHandler)} without schema. */
  default void handleAsync(String method, AsyncRpcHandler handler) {
    handleAsync(method, Contract.NONE, handler);
  }

  /**
   * Serves a method without blocking; otherwise as {@link #handle(String, Contract, RpcHandler)}.
   */
  void handleAsync(String method, Contract contract, AsyncRpcHandler handler);

  /** {@link #handleStream(String, Contract, StreamHandler)} without schema. */
  default void handleStream(String method, StreamHandler handler) {
    handleStream(method, Contract.NONE, handler);
  }

  /**
   * Serves a method whose answer is a stream of chunks; otherwise as {@link #handle(String,
   * Contract, RpcHandler)}.
   */
  void handleStream(String method, Contract contract, StreamHandler handler);

  /** {@link #handleStreamAsync(String, Contract, AsyncStreamHandler)} without schema. */
  default void handleStreamAsync(String method, AsyncStreamHandler handler) {
    handleStreamAsync(method, Contract.NONE, handler);
  }

  /**
   * Serves a method whose answer is a stream of chunks without blocking; otherwise as {@link
   * #handle(String, Contract, RpcHandler)}.
   */
  void handleStreamAsync(String method, Contract contract, AsyncStreamHandler handler);

  /**
   * A method to call with a contract. It declares nothing: the service and the method must be
   * declared with {@link ServiceBridge#service}, as for every call.
   */
  RpcMethod method(String service, String method, Contract contract);

  /** {@link #call(String, String, byte[], CallOptions)} with the defaults of the bridge. */
  default byte[] call(String service, String method, byte[] payload) {
    return call(service, method, payload, CallOptions.DEFAULT);
  }

  /**
   * Calls a method without schema and waits for the answer. Not on an event loop. An interrupt
   * cancels the call.
   *
   * @param service the name of the service; it and the method must be declared with {@link
   *     ServiceBridge#service} before {@code start}
   * @return the payload of the answer
   * @throws HandlerException if the handler answered with a failure
   * @throws NoLiveInstanceException if nobody serves the method at the moment
   * @throws CallTimeoutException if the time is over
   * @throws AccessDeniedException if a policy forbids it
   * @throws ServiceBridgeException otherwise, by its code
   */
  byte[] call(String service, String method, byte[] payload, CallOptions options);

  /** {@link #callAsync(String, String, byte[], CallOptions)} with the defaults of the bridge. */
  default CompletableFuture<byte[]> callAsync(String service, String method, byte[] payload) {
    return callAsync(service, method, payload, CallOptions.DEFAULT);
  }

  /**
   * Calls a method without schema. The future fails with what {@link #call(String, String, byte[],
   * CallOptions)} throws; cancelling it cancels the call. It completes on an event loop: what
   * follows must not block, or use the {@code ...Async} forms of the future.
   *
   * @param payload not to be changed until the future completes
   */
  CompletableFuture<byte[]> callAsync(
      String service, String method, byte[] payload, CallOptions options);

  /** {@link #stream(String, String, byte[], CallOptions)} with the defaults of the bridge. */
  default RpcStream stream(String service, String method, byte[] payload) {
    return stream(service, method, payload, CallOptions.DEFAULT);
  }

  /**
   * Calls a method without schema whose answer is a stream. It goes to one instance and is never
   * repeated; its timeout, 30 s by default, spans the whole stream. Failures are told by what
   * reads.
   *
   * @param payload not to be changed until the first chunk or the end
   * @throws StateException before {@code start}
   */
  RpcStream stream(String service, String method, byte[] payload, CallOptions options);

  /**
   * The same for readers that do not block. Each subscriber has a call of his own, which begins
   * when he subscribes; he hears on event loops and must not block them. Cancelling cancels the
   * call.
   *
   * @throws StateException before {@code start}
   */
  Flow.Publisher<byte[]> publisher(
      String service, String method, byte[] payload, CallOptions options);
}
