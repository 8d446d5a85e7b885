package io.trestle.sdk;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;

/** One method of another service with its contract, to be kept and called by any thread. */
public interface RpcMethod {

  /** The name of the service. */
  String service();

  /** The name of the method. */
  String name();

  /** What instances must serve to be called. */
  Contract contract();

  /** {@link #call(byte[], CallOptions)} with the defaults of the bridge. */
  default byte[] call(byte[] payload) {
    return call(payload, CallOptions.DEFAULT);
  }

  /**
   * Calls and waits, as {@link Rpc#call(String, String, byte[], CallOptions)} does; {@link
   * NoLiveInstanceException} also if only other contracts are served.
   */
  byte[] call(byte[] payload, CallOptions options);

  /** Calls, as {@link Rpc#callAsync(String, String, byte[], CallOptions)} does. */
  CompletableFuture<byte[]> callAsync(byte[] payload, CallOptions options);

  /** Calls, as {@link Rpc#stream(String, String, byte[], CallOptions)} does. */
  RpcStream stream(byte[] payload, CallOptions options);

  /** Calls, as {@link Rpc#publisher} does. */
  Flow.Publisher<byte[]> publisher(byte[] payload, CallOptions options);
}
