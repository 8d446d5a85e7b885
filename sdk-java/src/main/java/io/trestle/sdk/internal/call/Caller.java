package io.trestle.sdk.internal.call;

import io.trestle.protocol.UuidV7;
import io.trestle.protocol.policy.CallKind;
import io.trestle.protocol.policy.Denial;
import io.trestle.protocol.wire.ChannelPool;
import io.trestle.protocol.wire.PinnedChannel;
import io.trestle.sdk.AccessDeniedException;
import io.trestle.sdk.BridgeEvent;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.RpcStream;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.StateException;
import io.trestle.sdk.ValidationException;
import io.trestle.sdk.internal.call.CandidateChoice.Choice;
import io.trestle.sdk.internal.call.CandidateChoice.Wish;
import io.trestle.sdk.internal.registry.PolicyView;
import io.trestle.sdk.internal.registry.RegistryView;
import io.trestle.sdk.internal.registry.Route;
import io.trestle.sdk.internal.wire.CallMessages;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Flow;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Makes calls: what they share. Any thread. */
public final class Caller implements Outgoing {
  /** Bound of a forwarded request and of an answer, in bytes (rpc.md 3.3). */
  public static final int MAX_MESSAGE = 4 << 20;

  private final RegistryView view;
  private final ChannelPool peers;
  private final PinnedChannel runtime;
  private final InstantSource clock;
  private final LongSupplier ticks;
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
   * @param ticks nanoseconds of a clock that is never set, for breakers
   * @param ownServiceId what peers are told; they trust the certificate
   * @param events hears of denied calls
   */
  public Caller(
      RegistryView view,
      ChannelPool peers,
      PinnedChannel runtime,
      InstantSource clock,
      LongSupplier ticks,
      UuidV7 ids,
      CallOptions defaults,
      Supplier<String> ownServiceId,
      Consumer<BridgeEvent> events) {
    this.view = view;
    this.peers = peers;
    this.runtime = runtime;
    this.clock = clock;
    this.ticks = ticks;
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

  @Override
  public CompletableFuture<byte[]> call(
      String service, String method, String contractHash, byte[] payload, CallOptions options) {
    CallPlan plan = CallPlan.of(options.orElse(defaults), ids);
    CallMessages.Request request = request(plan, method, payload);
    ServiceBridgeException refusal = refusal(service, contractHash, request, false);
    if (refusal != null) {
      return CompletableFuture.failedFuture(refusal);
    }
    UnaryCall call = new UnaryCall(this, service, contractHash, plan, request);
    try {
      call.start();
    } catch (RejectedExecutionException e) {
      call.fail(ended()); // the event loops ended between the check above and here
    }
    return call.result();
  }

  @Override
  public RpcStream stream(
      String service, String method, String contractHash, byte[] payload, CallOptions options) {
    StreamCall call = streamCall(service, method, contractHash, payload, options);
    start(call);
    return new StreamReader(call);
  }

  @Override
  public Flow.Publisher<byte[]> publisher(
      String service, String method, String contractHash, byte[] payload, CallOptions options) {
    return new StreamPublisher<>(
        () -> streamCall(service, method, contractHash, payload, options), this::start);
  }

  private StreamCall streamCall(
      String service, String method, String contractHash, byte[] payload, CallOptions options) {
    CallPlan plan = CallPlan.of(options.orElse(defaults), ids);
    return new StreamCall(this, service, contractHash, plan, request(plan, method, payload));
  }

  private void start(StreamCall call) {
    ServiceBridgeException refusal =
        refusal(call.service(), call.contractHash(), call.request(), true);
    if (refusal != null) {
      call.fail(refusal);
      return;
    }
    try {
      call.start();
    } catch (RejectedExecutionException e) {
      call.fail(ended());
    }
  }

  private CallMessages.Request request(CallPlan plan, String method, byte[] payload) {
    return new CallMessages.Request(
        method, payload, ownServiceId.get(), plan.requestId(), plan.idempotencyKey(), plan.trace());
  }

  /** Why a call need not be tried. */
  private @Nullable ServiceBridgeException refusal(
      String service, String contractHash, CallMessages.Request request, boolean streams) {
    if (closed) {
      return ended();
    }
    int size = CallMessages.callRequestSize(request);
    if (size > MAX_MESSAGE) {
      return new ValidationException(
          "request: " + size + " bytes (expected: at most " + MAX_MESSAGE + ")");
    }
    Route known = version(view.routes().find(service, request.method()), contractHash);
    if (known != null && known.streaming() != streams) {
      String kind = streams ? "answers with one message, not a stream" : "answers with a stream";
      return new ValidationException("rpc " + service + "/" + request.method() + ": " + kind);
    }
    return null;
  }

  /** Versions of a method may differ in kind: the one with the contract of the caller counts. */
  private static @Nullable Route version(List<Route> routes, String contractHash) {
    for (Route route : routes) {
      if (route.contractHash().equals(contractHash)) {
        return route;
      }
    }
    return null;
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

  long ticks() {
    return ticks.getAsLong();
  }

  /** An instance for an attempt, or why there is none. */
  Choice choose(OutboundCall call, List<String> excluded, boolean direct) {
    Wish wish = new Wish(call.contractHash(), excluded, direct, clock.millis(), ticks.getAsLong());
    List<Route> routes = view.routes().find(call.service(), call.request().method());
    return CandidateChoice.choose(routes, wish, ThreadLocalRandom.current());
  }

  /**
   * Why the own policy forbids a direct call, or null. The callee judges only whom it accepts, so
   * without this question a direct call would pass where a proxied one does not (rpc.md 2.2).
   */
  @Nullable AccessDeniedException forbidden(OutboundCall call, Route route) {
    PolicyView policy = view.policy();
    String method = call.request().method();
    Denial denial = policy == null ? null : denial(policy, call.service(), method, route);
    return denial == null
        ? null
        : new AccessDeniedException(
            "rpc "
                + method
                + ": "
                + denial.text(CallKind.RPC, "this service", call.service(), method));
  }

  private static @Nullable Denial denial(
      PolicyView policy, String service, String method, Route route) {
    if (policy.barsCall(service, method)) {
      return Denial.CALLER_CAPABILITY;
    }
    return policy.mayCall(route.serviceId(), method) ? null : Denial.EGRESS;
  }

  void denied(String service, String method, String reason) {
    events.accept(
        new BridgeEvent.PolicyViolation("rpc.call", service + "/" + method, "self_egress", reason));
  }
}
