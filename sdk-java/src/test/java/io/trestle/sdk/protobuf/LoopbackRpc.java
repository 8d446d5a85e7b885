package io.trestle.sdk.protobuf;

import io.trestle.sdk.AsyncRpcHandler;
import io.trestle.sdk.AsyncStreamHandler;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.Contract;
import io.trestle.sdk.Rpc;
import io.trestle.sdk.RpcHandler;
import io.trestle.sdk.RpcMethod;
import io.trestle.sdk.RpcStream;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.StreamHandler;
import io.trestle.sdk.Transport;
import io.trestle.sdk.internal.call.TestFleet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Flow;

/** A bridge that is both ends of a fleet: its handlers are called directly, over the network. */
final class LoopbackRpc implements Rpc, AutoCloseable {
  private final TestFleet fleet = new TestFleet();
  private final TestFleet.Callee callee = fleet.callee();
  private final TestFleet.Client client = fleet.client();

  LoopbackRpc() throws Exception {
    callee.listen().ready();
  }

  @Override
  public void handle(String method, Contract contract, RpcHandler handler) {
    callee.handlers.add(method, handler);
    client.sees(method, contract.hash(), callee);
  }

  @Override
  public void handleAsync(String method, Contract contract, AsyncRpcHandler handler) {
    callee.handlers.addAsync(method, handler);
    client.sees(method, contract.hash(), callee);
  }

  @Override
  public void handleStream(String method, Contract contract, StreamHandler handler) {
    callee.handlers.addStream(method, handler);
    client.sees(method, contract.hash(), callee);
  }

  @Override
  public void handleStreamAsync(String method, Contract contract, AsyncStreamHandler handler) {
    callee.handlers.addStreamAsync(method, handler);
    client.sees(method, contract.hash(), callee);
  }

  @Override
  public RpcMethod method(String service, String method, Contract contract) {
    return new Bound(this, service, method, contract);
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

  @Override
  public void close() throws Exception {
    fleet.close();
  }

  private record Bound(LoopbackRpc rpc, String service, String name, Contract contract)
      implements RpcMethod {
    @Override
    public byte[] call(byte[] payload, CallOptions options) {
      try {
        return callAsync(payload, options).join();
      } catch (CompletionException e) {
        throw (ServiceBridgeException) e.getCause();
      }
    }

    @Override
    public CompletableFuture<byte[]> callAsync(byte[] payload, CallOptions options) {
      CallOptions direct = options.withTransport(Transport.DIRECT);
      return rpc.client.caller.call(service, name, contract.hash(), payload, direct);
    }

    @Override
    public RpcStream stream(byte[] payload, CallOptions options) {
      CallOptions direct = options.withTransport(Transport.DIRECT);
      return rpc.client.caller.stream(service, name, contract.hash(), payload, direct);
    }

    @Override
    public Flow.Publisher<byte[]> publisher(byte[] payload, CallOptions options) {
      CallOptions direct = options.withTransport(Transport.DIRECT);
      return rpc.client.caller.publisher(service, name, contract.hash(), payload, direct);
    }
  }
}
