package io.trestle.sdk.protobuf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.trestle.Acceptance;
import io.trestle.protocol.ErrorCode;
import io.trestle.protocol.v1.Drain;
import io.trestle.protocol.v1.Welcome;
import io.trestle.sdk.AsyncRpcHandler;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.Rpc;
import io.trestle.sdk.RpcHandler;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.Transport;
import io.trestle.sdk.internal.call.TestFleet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ProtobufRpcTest {
  private static final CallOptions DIRECT = CallOptions.DEFAULT.withTransport(Transport.DIRECT);

  private final TestFleet fleet = new TestFleet();
  private final TestFleet.Callee callee = fleet.callee();
  private final TestFleet.Client client = fleet.client();
  private final Rpc rpc = new LoopbackRpc(callee, client);

  /** The two ends of the fleet as one. */
  private record LoopbackRpc(TestFleet.Callee callee, TestFleet.Client client) implements Rpc {
    @Override
    public void handle(String method, RpcHandler handler) {
      callee.handlers.add(method, handler);
    }

    @Override
    public void handleAsync(String method, AsyncRpcHandler handler) {
      callee.handlers.addAsync(method, handler);
    }

    @Override
    public byte[] call(String service, String method, byte[] payload, CallOptions options) {
      try {
        return callAsync(service, method, payload, options).join();
      } catch (CompletionException e) {
        throw (ServiceBridgeException) e.getCause();
      }
    }

    @Override
    public CompletableFuture<byte[]> callAsync(
        String service, String method, byte[] payload, CallOptions options) {
      return client.caller.call(service, method, payload, options);
    }
  }

  @AfterEach
  void close() throws Exception {
    fleet.close();
  }

  @Test
  void messages_travelTyped() throws Exception {
    ProtobufRpc typed = ProtobufRpc.on(rpc);
    typed.handle(
        "greet",
        Drain.parser(),
        (request, c) -> Welcome.newBuilder().setSessionId(request.getReason()).build());
    ProtobufRpc.Method<Drain, Welcome> greet = method(typed, "greet");

    Welcome reply = greet.call(Drain.newBuilder().setReason("hello").build(), DIRECT);

    assertThat(reply.getSessionId()).isEqualTo("hello");
  }

  @Test
  void asyncHandler_answersTyped() throws Exception {
    ProtobufRpc typed = ProtobufRpc.on(rpc);
    typed.handleAsync(
        "greet",
        Drain.parser(),
        (request, c) ->
            CompletableFuture.completedFuture(
                Welcome.newBuilder().setSessionId(request.getReason()).build()));
    ProtobufRpc.Method<Drain, Welcome> greet = method(typed, "greet");

    Welcome reply =
        greet
            .callAsync(Drain.newBuilder().setReason("hi").build(), DIRECT)
            .toCompletableFuture()
            .get(20, TimeUnit.SECONDS);

    assertThat(reply.getSessionId()).isEqualTo("hi");
  }

  @Test
  @Acceptance("RPC-32")
  void undecodablePayload_isValidation_andNoHandlerRuns() throws Exception {
    AtomicInteger runs = new AtomicInteger();
    ProtobufRpc.on(rpc)
        .handle(
            "greet",
            Drain.parser(),
            (request, c) -> {
              runs.incrementAndGet();
              return request;
            });
    method(ProtobufRpc.on(rpc), "greet");
    byte[] garbage = {0x0a, 0x7f};

    Throwable failure = catchThrowable(() -> rpc.call(TestFleet.SERVICE, "greet", garbage, DIRECT));

    assertThat(((ServiceBridgeException) failure).code()).isEqualTo(ErrorCode.VALIDATION);
    assertThat(runs).hasValue(0);
  }

  private ProtobufRpc.Method<Drain, Welcome> method(ProtobufRpc typed, String name)
      throws Exception {
    client.sees(name, callee.listen().ready());
    return typed.method(TestFleet.SERVICE, name, Welcome.parser());
  }
}
