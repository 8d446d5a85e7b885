package io.trestle.sdk.internal;

import io.trestle.sdk.AsyncRpcHandler;
import io.trestle.sdk.AsyncStreamHandler;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.Contract;
import io.trestle.sdk.Rpc;
import io.trestle.sdk.RpcHandler;
import io.trestle.sdk.RpcMethod;
import io.trestle.sdk.RpcStream;
import io.trestle.sdk.StreamHandler;
import io.trestle.sdk.internal.call.Outgoing;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;

/** Calls and handlers of a test, as one {@link Rpc}. */
record MemoryRpc(Outgoing outgoing, MemoryResponder served) implements Rpc {

  @Override
  public void handle(String method, Contract contract, RpcHandler handler) {
    served.handlers().add(method, handler);
    served.contract(contract);
  }

  @Override
  public void handleAsync(String method, Contract contract, AsyncRpcHandler handler) {
    served.handlers().addAsync(method, handler);
    served.contract(contract);
  }

  @Override
  public void handleStream(String method, Contract contract, StreamHandler handler) {
    served.handlers().addStream(method, handler);
    served.contract(contract);
  }

  @Override
  public void handleStreamAsync(String method, Contract contract, AsyncStreamHandler handler) {
    served.handlers().addStreamAsync(method, handler);
    served.contract(contract);
  }

  @Override
  public RpcMethod method(String service, String method, Contract contract) {
    return new Bound(outgoing, service, method, contract);
  }

  @Override
  public byte[] call(String service, String method, byte[] payload, CallOptions options) {
    return method(service, method, Contract.NONE).call(payload, options);
  }

  @Override
  public CompletableFuture<byte[]> callAsync(
      String service, String method, byte[] payload, CallOptions options) {
    return method(service, method, Contract.NONE).callAsync(payload, options);
  }

  @Override
  public RpcStream stream(String service, String method, byte[] payload, CallOptions options) {
    return method(service, method, Contract.NONE).stream(payload, options);
  }

  @Override
  public Flow.Publisher<byte[]> publisher(
      String service, String method, byte[] payload, CallOptions options) {
    return method(service, method, Contract.NONE).publisher(payload, options);
  }

  private record Bound(Outgoing outgoing, String service, String name, Contract contract)
      implements RpcMethod {
    @Override
    public byte[] call(byte[] payload, CallOptions options) {
      return Bridge.await(callAsync(payload, options));
    }

    @Override
    public CompletableFuture<byte[]> callAsync(byte[] payload, CallOptions options) {
      return outgoing.call(service, name, contract.hash(), payload, options);
    }

    @Override
    public RpcStream stream(byte[] payload, CallOptions options) {
      return outgoing.stream(service, name, contract.hash(), payload, options);
    }

    @Override
    public Flow.Publisher<byte[]> publisher(byte[] payload, CallOptions options) {
      return outgoing.publisher(service, name, contract.hash(), payload, options);
    }
  }
}
