package io.trestle.sdk.internal.call;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.trestle.protocol.UuidV7;
import io.trestle.sdk.CallContext;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.RpcStream;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.ValidationException;
import io.trestle.sdk.internal.wire.CallMessages;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.function.Supplier;

/**
 * Makes calls without network, for tests of applications: messages are encoded and decoded,
 * deadlines and cancellation hold. There is one attempt, whatever the retry policy says.
 */
public final class MemoryCaller implements Outgoing {
  private final Directory directory;
  private final Supplier<CallContext.Caller> self;
  private final CallOptions defaults;
  private final UuidV7 ids;

  /** Who answers. */
  @FunctionalInterface
  public interface Directory {
    /**
     * The instance that serves a method.
     *
     * @param call as it was made
     * @throws ServiceBridgeException if there is none
     */
    MemoryPeer find(Call call);
  }

  /** A call as the application made it. */
  public record Call(
      String service,
      String method,
      String contractHash,
      byte[] payload,
      CallOptions options,
      boolean streaming) {}

  /** A caller that peers see as {@code self}. */
  public MemoryCaller(
      Directory directory, Supplier<CallContext.Caller> self, CallOptions defaults, UuidV7 ids) {
    this.directory = directory;
    this.self = self;
    this.defaults = defaults;
    this.ids = ids;
  }

  @Override
  public CompletableFuture<byte[]> call(
      String service, String method, String contractHash, byte[] payload, CallOptions options) {
    Call call = new Call(service, method, contractHash, payload, options.orElse(defaults), false);
    MemoryExchange exchange = new MemoryExchange(service, method);
    MemoryReply reply = new MemoryReply(exchange);
    begin(call, exchange);
    return reply;
  }

  @Override
  public RpcStream stream(
      String service, String method, String contractHash, byte[] payload, CallOptions options) {
    Call call = new Call(service, method, contractHash, payload, options.orElse(defaults), true);
    MemoryExchange exchange = new MemoryExchange(service, method);
    begin(call, exchange);
    return new StreamReader(exchange);
  }

  @Override
  public Flow.Publisher<byte[]> publisher(
      String service, String method, String contractHash, byte[] payload, CallOptions options) {
    Call call = new Call(service, method, contractHash, payload, options.orElse(defaults), true);
    return new StreamPublisher<>(
        () -> new MemoryExchange(service, method), exchange -> begin(call, exchange));
  }

  private void begin(Call call, MemoryExchange exchange) {
    try {
      MemoryPeer peer = directory.find(call);
      CallPlan plan = CallPlan.of(call.options(), ids);
      CallContext.Caller caller = self.get();
      ByteBuf request = encoded(call, plan, caller);
      exchange.begin(
          peer,
          new MemoryPeer.Question(
              caller.serviceId(),
              caller.instanceId(),
              call.streaming(),
              plan.timeoutNanos(),
              request));
    } catch (ServiceBridgeException e) {
      exchange.fail(e);
    }
  }

  private static ByteBuf encoded(Call call, CallPlan plan, CallContext.Caller caller) {
    CallMessages.Request request =
        new CallMessages.Request(
            call.method(),
            call.payload(),
            caller.serviceId(),
            plan.requestId(),
            plan.idempotencyKey(),
            plan.trace());
    int size = CallMessages.callRequestSize(request);
    if (size > Caller.MAX_MESSAGE) {
      throw new ValidationException(
          "request: " + size + " bytes (expected: at most " + Caller.MAX_MESSAGE + ")");
    }
    ByteBuf message = Unpooled.buffer(Math.max(1, size));
    try {
      CallMessages.callRequest(request).writeTo(message);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return message;
  }
}
