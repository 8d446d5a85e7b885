package io.trestle.sdk.internal;

import io.trestle.protocol.ErrorCode;
import io.trestle.protocol.HostPort;
import io.trestle.protocol.UuidText;
import io.trestle.protocol.v1.RegisterRequest;
import io.trestle.sdk.AsyncRpcHandler;
import io.trestle.sdk.AsyncStreamHandler;
import io.trestle.sdk.BridgeEvent;
import io.trestle.sdk.BridgeIdentity;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.ConfigurationException;
import io.trestle.sdk.Contract;
import io.trestle.sdk.Declaration;
import io.trestle.sdk.Events;
import io.trestle.sdk.PolicyEvaluation;
import io.trestle.sdk.Rpc;
import io.trestle.sdk.RpcHandler;
import io.trestle.sdk.RpcMethod;
import io.trestle.sdk.RpcStream;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.ServiceDeps;
import io.trestle.sdk.ServiceMap;
import io.trestle.sdk.StateException;
import io.trestle.sdk.StreamHandler;
import io.trestle.sdk.TraceWatch;
import io.trestle.sdk.ValidationException;
import io.trestle.sdk.WatchOptions;
import io.trestle.sdk.internal.call.Outgoing;
import io.trestle.sdk.internal.events.EventPost;
import io.trestle.sdk.internal.events.Subscriptions;
import io.trestle.sdk.internal.inbound.Handlers;
import io.trestle.sdk.outbox.EventCourier;
import io.vertx.core.Context;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The phases of a bridge as applications see them: declaring, started, stopped. */
final class Bridge implements ServiceBridge, Rpc {
  private final boolean callerOnly;
  private final EdgesFactory factory;
  private final Declarations declarations = new Declarations();
  private final Handlers handlers = new Handlers();
  private final Subscriptions subscriptions = new Subscriptions();
  private final BridgeEvents events =
      new BridgeEvents(new EventPhase(), declarations, subscriptions);
  private final Listeners listeners = new Listeners();
  private final EventCourier courier;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private volatile String httpEndpoint = "";
  private volatile @Nullable Edges engine;
  private volatile boolean stopping;

  Bridge(BridgeOptions options) {
    this(
        options.advertised() == null,
        options.clock(),
        (handlers, subscriptions, declarations, listeners, ready) ->
            new Engine(options, handlers, subscriptions, declarations, listeners, ready));
  }

  Bridge(boolean callerOnly, InstantSource clock, EdgesFactory factory) {
    this.callerOnly = callerOnly;
    this.factory = factory;
    this.courier = new BridgeCourier(clock, events::defines, this::post, listeners);
  }

  /** Makes the edges of a bridge that starts; they say to {@code ready} how that went. */
  @FunctionalInterface
  interface EdgesFactory {
    Edges make(
        Handlers handlers,
        Subscriptions subscriptions,
        Supplier<RegisterRequest> declarations,
        Listeners listeners,
        CompletableFuture<Void> ready);
  }

  @Override
  public Rpc rpc() {
    return this;
  }

  @Override
  public Events events() {
    return events;
  }

  /** What outboxes use. */
  EventCourier courier() {
    return courier;
  }

  /** While it stops, what is left is still sent. */
  private @Nullable EventPost post() {
    Edges started = engine;
    return started == null ? null : started.post();
  }

  @Override
  public TraceWatch watchTrace(String traceId, WatchOptions watchOptions) {
    Edges started = engine;
    if (started == null || stopping) {
      throw new StateException(stopping ? "the bridge is stopped" : "the bridge is not started");
    }
    String id =
        UuidText.parse(traceId)
            .orElseThrow(
                () -> new ValidationException("traceId: " + traceId + " (expected: a UUID)"));
    return started.watchTrace(id, watchOptions);
  }

  @Override
  public synchronized void handle(String method, Contract contract, RpcHandler handler) {
    checkHandler(method);
    handlers.add(method, handler);
    declarations.serves(method, contract);
  }

  @Override
  public synchronized void handleAsync(String method, Contract contract, AsyncRpcHandler handler) {
    checkHandler(method);
    handlers.addAsync(method, handler);
    declarations.serves(method, contract);
  }

  @Override
  public synchronized void handleStream(String method, Contract contract, StreamHandler handler) {
    checkHandler(method);
    handlers.addStream(method, handler);
    declarations.serves(method, contract);
  }

  @Override
  public synchronized void handleStreamAsync(
      String method, Contract contract, AsyncStreamHandler handler) {
    checkHandler(method);
    handlers.addStreamAsync(method, handler);
    declarations.serves(method, contract);
  }

  @Override
  public RpcMethod method(String service, String method, Contract contract) {
    return new BoundMethod(
        this, Declarations.name("service", service), Declarations.name("method", method), contract);
  }

  @Override
  public synchronized ServiceBridge service(String name, ServiceDeps deps) {
    checkDeclaring();
    declarations.uses(name, deps);
    return this;
  }

  @Override
  public synchronized ServiceBridge declare(Declaration declaration) {
    checkDeclaring();
    declarations.add(declaration);
    return this;
  }

  @Override
  public void start() {
    await(startAsync());
  }

  @Override
  public synchronized CompletableFuture<Void> startAsync() {
    if (engine != null || stopping) {
      return CompletableFuture.failedFuture(new StateException("started or stopped before"));
    }
    Edges started =
        factory.make(
            handlers,
            subscriptions,
            () -> declarations.request(handlers, "", httpEndpoint),
            listeners,
            ready);
    engine = started;
    started.start();
    return ready.copy();
  }

  @Override
  public CompletableFuture<Void> ready() {
    return ready.copy();
  }

  @Override
  public void stop() {
    await(stopAsync());
  }

  @Override
  public synchronized CompletableFuture<Void> stopAsync() {
    boolean again = stopping;
    stopping = true;
    listeners.silence();
    Edges started = engine;
    if (started == null) {
      ready.completeExceptionally(new StateException("stopped before it was started"));
      return CompletableFuture.completedFuture(null);
    }
    return started.stop(again).copy();
  }

  @Override
  public void httpEndpoint(String hostPort) {
    if (!hostPort.isEmpty() && HostPort.parse(hostPort).isEmpty()) {
      throw new ValidationException("httpEndpoint: " + hostPort + " (expected: host:port)");
    }
    httpEndpoint = hostPort;
    Edges started = engine;
    if (started != null && !stopping) {
      started.redeclare();
    }
  }

  @Override
  public Optional<BridgeIdentity> identity() {
    Edges started = engine;
    return started == null ? Optional.empty() : started.identity();
  }

  @Override
  public ServiceMap serviceMap() {
    Edges started = engine;
    return started == null ? ServiceMap.EMPTY : started.view().map();
  }

  @Override
  public Optional<PolicyEvaluation> policyEvaluation() {
    Edges started = engine;
    return started == null ? Optional.empty() : started.view().evaluation();
  }

  @Override
  public void listen(Consumer<? super BridgeEvent> listener) {
    listeners.add(listener);
  }

  @Override
  public byte[] call(String service, String method, byte[] payload, CallOptions callOptions) {
    return call(service, method, Contract.NONE.hash(), payload, callOptions);
  }

  byte[] call(
      String service, String method, String contractHash, byte[] payload, CallOptions callOptions) {
    if (Context.isOnEventLoopThread()) {
      throw new StateException("a blocking call on an event loop; use callAsync");
    }
    return await(callAsync(service, method, contractHash, payload, callOptions));
  }

  @Override
  public CompletableFuture<byte[]> callAsync(
      String service, String method, byte[] payload, CallOptions callOptions) {
    return callAsync(service, method, Contract.NONE.hash(), payload, callOptions);
  }

  CompletableFuture<byte[]> callAsync(
      String service, String method, String contractHash, byte[] payload, CallOptions callOptions) {
    Edges started = engine;
    return started == null
        ? CompletableFuture.failedFuture(new StateException("the bridge is not started"))
        : started.caller().call(service, method, contractHash, payload, callOptions);
  }

  @Override
  public RpcStream stream(String service, String method, byte[] payload, CallOptions callOptions) {
    return stream(service, method, Contract.NONE.hash(), payload, callOptions);
  }

  RpcStream stream(
      String service, String method, String contractHash, byte[] payload, CallOptions callOptions) {
    return caller().stream(service, method, contractHash, payload, callOptions);
  }

  @Override
  public Flow.Publisher<byte[]> publisher(
      String service, String method, byte[] payload, CallOptions callOptions) {
    return publisher(service, method, Contract.NONE.hash(), payload, callOptions);
  }

  Flow.Publisher<byte[]> publisher(
      String service, String method, String contractHash, byte[] payload, CallOptions callOptions) {
    return caller().publisher(service, method, contractHash, payload, callOptions);
  }

  private Outgoing caller() {
    Edges started = engine;
    if (started == null) {
      throw new StateException("the bridge is not started");
    }
    return started.caller();
  }

  private void checkHandler(String method) {
    checkDeclaring();
    if (callerOnly) {
      throw new ConfigurationException("handler " + method + ": on a bridge that only calls");
    }
    Declarations.name("method", method);
  }

  private void checkDeclaring() {
    if (engine != null || stopping) {
      throw new StateException("declarations come before start");
    }
  }

  private final class EventPhase implements BridgeEvents.Phase {
    @Override
    public void declaring(Runnable declaration) {
      synchronized (Bridge.this) {
        checkDeclaring();
        declaration.run();
      }
    }

    @Override
    public Edges edges() {
      Edges started = engine;
      if (stopping || started == null) {
        throw new StateException(stopping ? "the bridge is stopped" : "the bridge is not started");
      }
      return started;
    }
  }

  /** Waits; an interrupt cancels, and stays set. */
  static <T> T await(CompletableFuture<T> future) {
    try {
      return future.get();
    } catch (InterruptedException e) {
      future.cancel(true);
      Thread.currentThread().interrupt();
      throw new ServiceBridgeException(ErrorCode.CANCELLED, "interrupted", e);
    } catch (ExecutionException e) {
      throw rethrown(e.getCause());
    }
  }

  /** The failure with the stack of the caller added, who would not find himself in it otherwise. */
  private static RuntimeException rethrown(@Nullable Throwable cause) {
    if (cause instanceof ServiceBridgeException known) {
      known.addSuppressed(new CalledHere());
      return known;
    }
    return new ServiceBridgeException(ErrorCode.INTERNAL, String.valueOf(cause), cause);
  }

  /** Shows where the application waited. */
  private static final class CalledHere extends Exception {
    private static final long serialVersionUID = 1L;

    CalledHere() {
      super("waited for here");
    }
  }
}
