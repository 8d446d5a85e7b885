package io.trestle.sdk.internal;

import io.trestle.sdk.CallOptions;
import io.trestle.sdk.Contract;
import io.trestle.sdk.RpcMethod;
import io.trestle.sdk.RpcStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;

/** A method of another service, called through its bridge. */
record BoundMethod(Bridge bridge, String service, String name, Contract contract)
    implements RpcMethod {

  @Override
  public byte[] call(byte[] payload, CallOptions options) {
    return bridge.call(service, name, contract.hash(), payload, options);
  }

  @Override
  public CompletableFuture<byte[]> callAsync(byte[] payload, CallOptions options) {
    return bridge.callAsync(service, name, contract.hash(), payload, options);
  }

  @Override
  public RpcStream stream(byte[] payload, CallOptions options) {
    return bridge.stream(service, name, contract.hash(), payload, options);
  }

  @Override
  public Flow.Publisher<byte[]> publisher(byte[] payload, CallOptions options) {
    return bridge.publisher(service, name, contract.hash(), payload, options);
  }
}
