package io.trestle.sdk.internal.inbound;

import io.netty.buffer.ByteBuf;
import io.trestle.protocol.SpiffeId;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.UuidV7;
import io.trestle.protocol.policy.Capability;
import io.trestle.protocol.v1.PolicyEvaluation;
import io.trestle.protocol.v1.RegistrySnapshot;
import io.trestle.protocol.wire.CallStatus;
import io.trestle.sdk.internal.call.MemoryPeer;
import io.trestle.sdk.internal.registry.RegistryView;
import io.trestle.sdk.internal.traces.TraceWriters;
import io.trestle.sdk.internal.wire.CallMessages;
import java.io.IOException;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;

/**
 * The Call server without network, for tests of applications: messages are encoded and decoded, and
 * dispatched as {@link CallServer} dispatches them. Every policy allows everything.
 */
public final class MemoryServer implements MemoryPeer {
  private final RegistryView view = new RegistryView();
  private final Slots slots;
  private final Dispatcher dispatcher;

  /** A server of these handlers, on these threads. */
  public MemoryServer(
      Handlers handlers,
      CallServer.Limits limits,
      HandlerThreads threads,
      InstantSource clock,
      UuidV7 ids,
      TraceWriters traces) {
    PolicyEvaluation open =
        PolicyEvaluation.newBuilder().addCapabilities(Capability.RPC_HANDLE.text()).build();
    view.apply(RegistrySnapshot.newBuilder().setPolicy(open).build());
    slots = new Slots(limits.running(), limits.queued());
    dispatcher = new Dispatcher(view, handlers, slots, threads.executor(), clock, ids, traces);
  }

  /** Refuses new calls; completes when none runs any more. */
  public CompletableFuture<Void> drain() {
    CompletableFuture<Void> idle = new CompletableFuture<>();
    dispatcher.drain();
    slots.whenIdle(() -> idle.complete(null));
    return idle;
  }

  @Override
  public Runnable ask(Question question, Answer answer) {
    SpiffeId caller = SpiffeId.service(question.serviceId(), question.instanceId());
    MemoryCall call = new MemoryCall(caller, question.streaming(), question.timeoutNanos(), answer);
    CallMessages.Request request;
    try (var message = new Released(question.request())) {
      request = CallMessages.readCallRequest(message.bytes());
    } catch (IOException e) {
      call.finish(CallStatus.of(StatusCode.INVALID_ARGUMENT, "malformed request"));
      return () -> {};
    }
    dispatcher.dispatch(call, request);
    return call::leave;
  }

  private record Released(ByteBuf bytes) implements AutoCloseable {
    @Override
    public void close() {
      bytes.release();
    }
  }
}
