package io.trestle.sdk;

import io.trestle.sdk.internal.BridgeBuilder;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * One instance of a service: made by a builder, told what it serves and uses, started once, stopped
 * once.
 *
 * <pre>{@code
 * try (ServiceBridge bridge = ServiceBridge.builder("runtime:14445", key).build()) {
 *   bridge.service("inventory", ServiceDeps.rpc("reserve"));
 *   bridge.rpc().handle("place", (request, context) ->
 *       bridge.rpc().call("inventory", "reserve", request));
 *   bridge.start();
 *   ...
 * }
 * }</pre>
 *
 * <p>All methods are safe on any thread. Declarations come before {@link #start}; later ones fail
 * with a {@link StateException}.
 */
public interface ServiceBridge extends AutoCloseable {

  /**
   * A builder.
   *
   * @param url the runtime, {@code host:port}
   * @param key the bootstrap key of the service, {@code sb.…}; never logged
   */
  static ServiceBridgeBuilder builder(String url, String key) {
    return new BridgeBuilder(url, key);
  }

  /** Calls in both directions. */
  Rpc rpc();

  /** Events in both directions. */
  Events events();

  /**
   * Watches what handlers write to a trace ({@link CallContext#stream}), of whatever service.
   *
   * @param traceId the trace: the first 36 characters of {@link CallContext#trace}
   * @throws ValidationException if that is no UUID
   * @throws StateException before {@code start} and after {@code stop}
   */
  TraceWatch watchTrace(String traceId, WatchOptions options);

  /**
   * Declares what is used of another service; repeated, the declarations add up.
   *
   * @return this bridge
   * @throws ValidationException if a name is bad
   * @throws StateException after {@code start}
   */
  ServiceBridge service(String name, ServiceDeps deps);

  /**
   * Declares anything else.
   *
   * @return this bridge
   * @throws StateException after {@code start}
   */
  ServiceBridge declare(Declaration declaration);

  /**
   * Connects, registers, and waits until the instance is ready: welcomed, and in possession of its
   * first view of the fleet. At most the start timeout, 30 s by default. A runtime that is away is
   * tried again meanwhile.
   *
   * @throws ConnectionException if the key or the identity is refused (code {@code ACCESS_DENIED}),
   *     or if the time is over (code {@code CONNECTION})
   * @throws ValidationException if the runtime refuses a declaration
   * @throws AccessDeniedException if policy violations are to end the bridge, and there is one
   * @throws StateException if it was started or stopped before
   */
  void start();

  /** {@link #start} without waiting. */
  CompletableFuture<Void> startAsync();

  /** Completes when {@code start} has succeeded, fails when it has failed. Any number of times. */
  CompletableFuture<Void> ready();

  /**
   * Leaves in order: tells peers, refuses new calls, waits for running ones, closes everything; at
   * most the stop timeout, 10 s by default. Repeated, it waits for the same end.
   */
  void stop();

  /** {@link #stop} without waiting. */
  CompletableFuture<Void> stopAsync();

  /** {@link #stop}. */
  @Override
  default void close() {
    stop();
  }

  /**
   * Tells the address of the application's own HTTP server, for the service map; also after {@code
   * start}.
   *
   * @param hostPort {@code host:port}; empty takes it back
   * @throws ValidationException if it is neither
   */
  void httpEndpoint(String hostPort);

  /** Who this instance is; empty before the first welcome and after the end. */
  Optional<BridgeIdentity> identity();

  /** What this instance sees of the fleet; empty before the first view. */
  ServiceMap serviceMap();

  /** What the policy allows; empty before the first view. */
  Optional<PolicyEvaluation> policyEvaluation();

  /** Listens to everything that happens to the session. There is no way back. */
  void listen(Consumer<? super BridgeEvent> listener);

  /** Listens to one kind of event. */
  default <E extends BridgeEvent> void on(Class<E> kind, Consumer<? super E> listener) {
    listen(
        event -> {
          if (kind.isInstance(event)) {
            listener.accept(kind.cast(event));
          }
        });
  }
}
