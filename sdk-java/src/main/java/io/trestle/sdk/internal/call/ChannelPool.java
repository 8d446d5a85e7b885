package io.trestle.sdk.internal.call;

import io.trestle.protocol.HostPort;
import io.trestle.protocol.SpiffeId;
import io.trestle.protocol.transport.Transport;
import io.trestle.protocol.wire.Dialer;
import io.trestle.protocol.wire.Lanes;
import io.trestle.protocol.wire.PinnedChannel;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * The channels to peers, by address, service and instance: never by address alone, since addresses
 * are recycled. Any thread.
 */
public final class ChannelPool {
  private final ConcurrentMap<Key, PinnedChannel> channels = new ConcurrentHashMap<>();
  private final Lanes lanes;
  private final Dialer dialer;

  private record Key(HostPort endpoint, String serviceId, String instanceId) {}

  /** No channel yet. */
  public ChannelPool(Lanes lanes, Dialer dialer) {
    this.lanes = lanes;
    this.dialer = dialer;
  }

  /** The channel to an instance; it lives on the lane of the thread that asks first. */
  PinnedChannel channel(HostPort endpoint, String serviceId, String instanceId) {
    Key key = new Key(endpoint, serviceId, instanceId);
    PinnedChannel known = channels.get(key);
    return known != null ? known : channels.computeIfAbsent(key, this::create);
  }

  /** Lets go of instances that may not be called any more; what is under way may finish. */
  public void retain(Predicate<String> instanceIds) {
    removeIf((service, instance) -> !instanceIds.test(instance), PinnedChannel::retire);
  }

  /** Cuts the channels to revoked peers. */
  public void cut(BiPredicate<String, String> revoked) {
    removeIf(revoked, PinnedChannel::close);
  }

  /** Cuts all. */
  public void close() {
    removeIf((service, instance) -> true, PinnedChannel::close);
  }

  private void removeIf(BiPredicate<String, String> which, Consumer<PinnedChannel> how) {
    channels.forEach(
        (key, channel) -> {
          if (which.test(key.serviceId(), key.instanceId()) && channels.remove(key, channel)) {
            how.accept(channel);
          }
        });
  }

  private PinnedChannel create(Key key) {
    return new PinnedChannel(
        lanes.pick(),
        dialer,
        key.endpoint(),
        SpiffeId.service(key.serviceId(), key.instanceId()),
        Transport.IDLE_CHANNEL);
  }
}
