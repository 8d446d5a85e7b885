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
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Connections to Call servers under the runtime's certificate. A renewed certificate shows in new
 * connections only; calls in flight go on.
 *
 * <p>Each event loop of the gateway has connections of its own, so that a forwarded call never
 * changes threads. They are kept by endpoint, service and instance, and let go when they were not
 * used for a while, when the instance is removed, and, calls under way and all, when it is revoked
 * (rpc.md 3.1, rule 5).
 */
final class CalleeClient {
  private static final int PRUNE_FROM = 256;

  private final Vertx vertx;
  private final AtomicReference<Dialer> dialer = new AtomicReference<>();
  private final Map<Thread, Peers> loops = new ConcurrentHashMap<>(); // by their thread

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

  /** Lets go of what a service does not offer any more; calls under way may finish. Any thread. */
  void retain(UUID service, Set<UUID> instances) {
    drop(
        key -> key.service().equals(service) && !instances.contains(key.instance()),
        PinnedChannel::retire);
  }

  /** Cuts the connections to the instances of a service. Any thread. */
  void cutService(UUID service) {
    drop(key -> key.service().equals(service), PinnedChannel::close);
  }

  /** Cuts the connections to an instance. Any thread. */
  void cutInstance(UUID instance) {
    drop(key -> key.instance().equals(instance), PinnedChannel::close);
  }

  void close() {
    drop(key -> true, PinnedChannel::close);
  }

  private void drop(Predicate<Key> which, Consumer<PinnedChannel> how) {
    loops.values().forEach(peers -> peers.drop(which, how));
  }

  /** The channels of one event loop; used there only. */
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

    void drop(Predicate<Key> which, Consumer<PinnedChannel> how) {
      lane.execute(() -> dropHere(which, how));
    }

    private void dropHere(Predicate<Key> which, Consumer<PinnedChannel> how) {
      Iterator<Map.Entry<Key, PinnedChannel>> all = channels.entrySet().iterator();
      while (all.hasNext()) {
        Map.Entry<Key, PinnedChannel> channel = all.next();
        if (which.test(channel.getKey())) {
          all.remove();
          how.accept(channel.getValue());
        }
      }
    }
  }
}
