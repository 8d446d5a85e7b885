package io.trestle.rpc;

import io.trestle.conversations.Callables.Instance;
import io.trestle.conversations.Callables.Offer;
import io.trestle.kernel.RuntimeIdentity;
import io.trestle.protocol.HostPort;
import io.trestle.protocol.wire.ChannelPool;
import io.trestle.protocol.wire.Dialer;
import io.trestle.protocol.wire.Lane;
import io.trestle.protocol.wire.PinnedChannel;
import io.vertx.core.Vertx;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Connections to Call servers under the runtime's certificate. A renewed certificate shows in new
 * connections only; calls in flight go on.
 *
 * <p>Each event loop of the gateway has connections of its own, so that a forwarded call never
 * changes threads. Those to an instance that is removed are let go; those to a revoked one are cut,
 * calls under way and all.
 */
final class CalleeClient {
  private final Vertx vertx;
  private final AtomicReference<Dialer> dialer = new AtomicReference<>();
  private final Map<Thread, ChannelPool> loops = new ConcurrentHashMap<>(); // by their thread

  /**
   * No connection yet.
   *
   * @param window what one stream may have under way, in bytes
   */
  CalleeClient(Vertx vertx, RuntimeIdentity runtime, int window) {
    this.vertx = vertx;
    runtime.listen(
        (identity, authority) -> {
          Dialer known = dialer.get();
          if (known == null) {
            dialer.set(new Dialer(vertx, identity, authority, window));
          } else {
            known.use(identity);
          }
        });
  }

  /** The way to exactly this instance of this service, on the calling event loop. */
  Optional<PinnedChannel> channel(UUID service, Instance instance) {
    Dialer ready = dialer.get();
    Optional<ChannelPool.Peer> peer = peer(service, instance);
    if (peer.isEmpty() || ready == null) {
      return Optional.empty();
    }
    ChannelPool pool = loops.computeIfAbsent(Thread.currentThread(), t -> pool(ready));
    return Optional.of(pool.channel(peer.get()));
  }

  /** Lets go of what a service does not offer any more; calls under way may finish. Any thread. */
  void retain(Offer offer) {
    String service = offer.serviceId().toString();
    Set<ChannelPool.Peer> peers =
        offer.instances().stream()
            .flatMap(instance -> peer(offer.serviceId(), instance).stream())
            .collect(Collectors.toSet());
    each(pool -> pool.retain(peer -> !peer.serviceId().equals(service) || peers.contains(peer)));
  }

  /** Cuts the connections to the instances of a service. Any thread. */
  void cutService(UUID service) {
    String id = service.toString();
    each(pool -> pool.cut(peer -> peer.serviceId().equals(id)));
  }

  /** Cuts the connections to an instance. Any thread. */
  void cutInstance(UUID instance) {
    String id = instance.toString();
    each(pool -> pool.cut(peer -> peer.instanceId().equals(id)));
  }

  void close() {
    each(ChannelPool::close);
  }

  private static Optional<ChannelPool.Peer> peer(UUID service, Instance instance) {
    return HostPort.parse(instance.callEndpoint())
        .map(
            endpoint ->
                new ChannelPool.Peer(
                    endpoint, service.toString(), instance.instanceId().toString()));
  }

  private ChannelPool pool(Dialer ready) {
    Lane here = Lane.current(vertx);
    return new ChannelPool(() -> here, ready);
  }

  private void each(Consumer<ChannelPool> action) {
    loops.values().forEach(action);
  }
}
