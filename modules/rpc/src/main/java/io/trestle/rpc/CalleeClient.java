package io.trestle.rpc;

import io.trestle.conversations.Callables.Instance;
import io.trestle.kernel.RuntimeIdentity;
import io.trestle.protocol.HostPort;
import io.trestle.protocol.SpiffeId;
import io.trestle.protocol.transport.Transport;
import io.trestle.protocol.wire.Dialer;
import io.trestle.protocol.wire.Lane;
import io.trestle.protocol.wire.PinnedChannel;
import io.vertx.core.Vertx;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Connections to Call servers under the runtime's certificate. A renewed certificate shows in new
 * connections only; calls in flight go on.
 *
 * <p>Each event loop of the gateway has connections of its own, so that a forwarded call never
 * changes threads. They are kept by endpoint, service and instance, and let go when they were not
 * used for a while.
 */
final class CalleeClient {
  private static final int PRUNE_FROM = 256;

  private final Vertx vertx;
  private final AtomicReference<Dialer> dialer = new AtomicReference<>();
  private final Map<Thread, Peers> loops = new ConcurrentHashMap<>();

  private record Key(HostPort endpoint, UUID service, UUID instance) {}

  CalleeClient(Vertx vertx, RuntimeIdentity runtime) {
    this.vertx = vertx;
    runtime.listen(
        (identity, authority) -> {
          Dialer known = dialer.get();
          if (known == null) {
            dialer.set(new Dialer(vertx, identity, authority));
          } else {
            known.use(identity);
          }
        });
  }

  /** The way to exactly this instance of this service, on the calling event loop. */
  Optional<PinnedChannel> channel(UUID service, Instance instance) {
    Dialer ready = dialer.get();
    Optional<HostPort> target = HostPort.parse(instance.callEndpoint());
    if (target.isEmpty() || ready == null) {
      return Optional.empty();
    }
    Key key = new Key(target.get(), service, instance.instanceId());
    Peers peers =
        loops.computeIfAbsent(Thread.currentThread(), t -> new Peers(Lane.current(vertx)));
    return Optional.of(peers.channel(key, ready));
  }

  void close() {
    loops.values().forEach(Peers::close);
  }

  /** The channels of one event loop; used there only, except to be closed. */
  private static final class Peers {
    private final Lane lane;
    private final Map<Key, PinnedChannel> channels = new HashMap<>();
    private int pruneAt = PRUNE_FROM;

    Peers(Lane lane) {
      this.lane = lane;
    }

    PinnedChannel channel(Key key, Dialer dialer) {
      PinnedChannel known = channels.get(key);
      if (known != null) {
        return known;
      }
      if (channels.size() >= pruneAt) {
        channels.values().removeIf(channel -> !channel.inUse());
        pruneAt = Math.max(PRUNE_FROM, 2 * channels.size());
      }
      SpiffeId expected = SpiffeId.service(key.service().toString(), key.instance().toString());
      PinnedChannel made =
          new PinnedChannel(lane, dialer, key.endpoint(), expected, Transport.IDLE_CHANNEL);
      channels.put(key, made);
      return made;
    }

    void close() {
      lane.execute(() -> channels.values().forEach(PinnedChannel::close));
    }
  }
}
