package io.trestle.sdk.internal;

import io.trestle.protocol.UuidV7;
import io.trestle.protocol.v1.IncomingMethod;
import io.trestle.protocol.v1.MethodType;
import io.trestle.protocol.v1.RegisterRequest;
import io.trestle.sdk.BridgeEvent;
import io.trestle.sdk.BridgeIdentity;
import io.trestle.sdk.CallContext;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.StateException;
import io.trestle.sdk.TraceWatch;
import io.trestle.sdk.WatchOptions;
import io.trestle.sdk.internal.call.MemoryCaller;
import io.trestle.sdk.internal.call.MemoryPeer;
import io.trestle.sdk.internal.call.Outgoing;
import io.trestle.sdk.internal.events.DeadLetterBox;
import io.trestle.sdk.internal.events.EventPost;
import io.trestle.sdk.internal.events.MemoryEvents;
import io.trestle.sdk.internal.events.Subscriptions;
import io.trestle.sdk.internal.inbound.CallServer;
import io.trestle.sdk.internal.inbound.HandlerThreads;
import io.trestle.sdk.internal.inbound.Handlers;
import io.trestle.sdk.internal.inbound.MemoryServer;
import io.trestle.sdk.internal.registry.RegistryView;
import io.trestle.sdk.internal.traces.MemoryTraces;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Edges that lead nowhere but to a test. Any thread. */
final class MemoryEdges implements Edges {
  private static final long STOP_SECONDS = 1;

  private final BridgeIdentity self;
  private final Supplier<RegisterRequest> declarations;
  private final Listeners listeners;
  private final CompletableFuture<Void> ready;
  private final HandlerThreads threads;
  private final RegistryView view = new RegistryView();
  private final MemoryServer server;
  private final MemoryCaller caller;
  private final MemoryTraces traces = new MemoryTraces();
  private final MemoryEvents events;
  private volatile boolean connected;
  private volatile boolean ended;
  private @Nullable CompletableFuture<Void> stopped;

  MemoryEdges(
      BridgeIdentity self,
      CallOptions defaults,
      MemoryCaller.Directory directory,
      UuidV7 ids,
      Handlers handlers,
      Subscriptions subscriptions,
      Supplier<RegisterRequest> declarations,
      Listeners listeners,
      CompletableFuture<Void> ready) {
    this.self = self;
    this.declarations = declarations;
    this.listeners = listeners;
    this.ready = ready;
    CallServer.Limits limits = MemoryBridge.LIMITS;
    this.threads = HandlerThreads.waiting(2 * limits.running());
    this.server = new MemoryServer(handlers, limits, threads, InstantSource.system(), ids, traces);
    this.events = new MemoryEvents(subscriptions, threads, ids, traces);
    this.caller =
        new MemoryCaller(
            call -> find(directory, call),
            () -> new CallContext.Caller(self.serviceId(), self.instanceId()),
            defaults,
            ids);
  }

  private MemoryPeer find(MemoryCaller.Directory directory, MemoryCaller.Call call) {
    if (ended) {
      throw new StateException("the bridge has ended");
    }
    return directory.find(call);
  }

  /** What answers calls of this instance. */
  MemoryServer server() {
    return server;
  }

  /** The contract hash of a method that is served. */
  Optional<String> contract(String method) {
    return declarations.get().getIncomingList().stream()
        .filter(m -> m.getType() == MethodType.METHOD_TYPE_RPC && m.getName().equals(method))
        .map(IncomingMethod::getContractHash)
        .findFirst();
  }

  @Override
  public void start() {
    connected = true;
    ready.complete(null);
    listeners.tell(
        new BridgeEvent.Connected(
            self.sessionId(), self.serviceId(), self.serviceName(), SdkInfo.VERSION));
  }

  @Override
  public synchronized CompletableFuture<Void> stop(boolean again) {
    CompletableFuture<Void> stopping = stopped;
    if (stopping == null) {
      stopping =
          server.drain().completeOnTimeout(null, STOP_SECONDS, TimeUnit.SECONDS).thenRun(this::end);
      stopped = stopping;
    }
    return stopping;
  }

  private void end() {
    ended = true;
    events.end();
    connected = false;
    threads.close();
  }

  @Override
  public void redeclare() {}

  @Override
  public Optional<BridgeIdentity> identity() {
    return connected ? Optional.of(self) : Optional.empty();
  }

  @Override
  public RegistryView view() {
    return view;
  }

  @Override
  public Outgoing caller() {
    return caller;
  }

  @Override
  public MemoryEvents outlet() {
    return events;
  }

  /** What handlers wrote to their traces. */
  MemoryTraces traces() {
    return traces;
  }

  @Override
  public TraceWatch watchTrace(String traceId, WatchOptions options) {
    throw new StateException("a bridge without network watches no traces");
  }

  @Override
  public EventPost post() {
    return events;
  }

  @Override
  public DeadLetterBox deadLetters() {
    return events;
  }
}
