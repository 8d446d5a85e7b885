package io.trestle.sdk.internal.call;

import io.trestle.protocol.UuidV7;
import io.trestle.protocol.wire.ChannelPool;
import io.trestle.protocol.wire.PinnedChannel;
import io.trestle.sdk.BridgeEvent;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.StateException;
import io.trestle.sdk.ValidationException;
import io.trestle.sdk.internal.registry.RegistryView;
import io.trestle.sdk.internal.registry.Route;
import io.trestle.sdk.internal.wire.CallMessages;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Makes calls: what they share. Any thread. */
public final class Caller {
  /** Bound of a forwarded request and of an answer, in bytes (rpc.md 3.3). */
  public static final int MAX_MESSAGE = 4 << 20;

  private final RegistryView view;
  private final ChannelPool peers;
  private final PinnedChannel runtime;
  private final InstantSource clock;
  private final UuidV7 ids;
  private final CallOptions defaults;
  private final Supplier<String> ownServiceId;
  private final Consumer<BridgeEvent> events;
  private final Set<UnaryCall> paused = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /**
   * A caller.
   *
   * @param runtime the way to the proxy
   * @param ownServiceId what peers are told; they trust the certificate
   * @param events hears of denied calls
   */
  public Caller(
      RegistryView view,
      ChannelPool peers,
      PinnedChannel runtime,
      InstantSource clock,
      UuidV7 ids,
      CallOptions defaults,
      Supplier<String> ownServiceId,
      Consumer<BridgeEvent> events) {
    this.view = view;
    this.peers = peers;
    this.runtime = runtime;
    this.clock = clock;
    this.ids = ids;
    this.defaults = defaults;
    this.ownServiceId = ownServiceId;
    this.events = events;
  }

  /** Starts a call of a method without schema. */
  public CompletableFuture<byte[]> call(
      String service, String method, byte[] payload, CallOptions options) {
    return call(service, method, "", payload, options);
  }

  /** Starts a call; the future fails with what applications see. */
  public CompletableFuture<byte[]> call(
      String service, String method, String contractHash, byte[] payload, CallOptions options) {
    if (closed) {
      return CompletableFuture.failedFuture(ended());
    }
    CallPlan plan = CallPlan.of(options.orElse(defaults), ids);
    CallMessages.Request request =
        new CallMessages.Request(
            method,
            payload,
            ownServiceId.get(),
            plan.requestId(),
            plan.idempotencyKey(),
            plan.trace());
    int size = CallMessages.callRequestSize(request);
    if (size > MAX_MESSAGE) {
      return CompletableFuture.failedFuture(
          new ValidationException(
              "request: " + size + " bytes (expected: at most " + MAX_MESSAGE + ")"));
    }
    if (streams(view.routes().find(service, method), contractHash)) {
      return CompletableFuture.failedFuture(
          new ValidationException("rpc " + service + "/" + method + ": answers with a stream"));
    }
    UnaryCall call = new UnaryCall(this, service, contractHash, plan, request);
    try {
      call.start();
    } catch (RejectedExecutionException e) {
      call.fail(ended()); // the event loops ended between the check above and here
    }
    return call.result();
  }

  /** Versions of a method may differ in kind: the one with the contract of the caller counts. */
  private static boolean streams(List<Route> routes, String contractHash) {
    for (Route route : routes) {
      if (route.contractHash().equals(contractHash)) {
        return route.streaming();
      }
    }
    return false;
  }

  /** Refuses new calls and fails those that wait for another attempt. */
  public void close() {
    closed = true;
    paused.forEach(call -> call.fail(ended()));
  }

  /** Goes on with a call after a pause, unless the bridge ends meanwhile. */
  void pause(UnaryCall call, long nanos) {
    paused.add(call);
    runtime
        .lane()
        .schedule(
            nanos,
            () -> {
              if (paused.remove(call)) {
                call.resume();
              }
            });
    if (closed) {
      call.fail(ended());
    }
  }

  private static StateException ended() {
    return new StateException("the bridge has ended");
  }

  RegistryView view() {
    return view;
  }

  ChannelPool peers() {
    return peers;
  }

  PinnedChannel runtime() {
    return runtime;
  }

  long nowMillis() {
    return clock.millis();
  }

  void denied(String service, String method, String reason) {
    events.accept(
        new BridgeEvent.PolicyViolation("rpc.call", service + "/" + method, "self_egress", reason));
  }
}
