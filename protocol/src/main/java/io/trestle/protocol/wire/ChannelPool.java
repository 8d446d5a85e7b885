package io.trestle.protocol.wire;

import io.trestle.protocol.HostPort;
import io.trestle.protocol.SpiffeId;
import io.trestle.protocol.transport.Transport;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * The channels to Call servers, by address, service and instance: never by address alone, since
 * addresses are recycled (rpc.md 3.1, rule 5). One that is not to be used any more stays in sight
 * until its last call has ended, so that a revocation still cuts it. Any thread.
 */
public final class ChannelPool {
  private final ConcurrentMap<Peer, PinnedChannel> channels = new ConcurrentHashMap<>();
  private final Set<Leaving> leaving = ConcurrentHashMap.newKeySet();
  private final Supplier<Lane> lanes;
  private final Dialer dialer;

  /** Who is called. */
  public record Peer(HostPort endpoint, String serviceId, String instanceId) {}

  private record Leaving(Peer peer, PinnedChannel channel) {}

  /**
   * No channel yet.
   *
   * @param lanes tells where the next channel lives
   */
  public ChannelPool(Supplier<Lane> lanes, Dialer dialer) {
    this.lanes = lanes;
    this.dialer = dialer;
  }

  /** The channel to an instance. */
  public PinnedChannel channel(Peer peer) {
    PinnedChannel known = channels.get(peer);
    return known != null ? known : channels.computeIfAbsent(peer, this::create);
  }

  /** Lets go of those that may not be called any more; what is under way may finish. */
  public void retain(Predicate<Peer> callable) {
    channels.forEach(
        (peer, channel) -> {
          if (!callable.test(peer)) {
            Leaving last = new Leaving(peer, channel);
            leaving.add(last); // first: it is always in sight of a cut
            if (channels.remove(peer, channel)) {
              channel.retire(() -> leaving.remove(last));
            } else {
              leaving.remove(last);
            }
          }
        });
  }

  /** Cuts the channels to peers, and what is under way on them. */
  public void cut(Predicate<Peer> revoked) {
    channels.forEach(
        (peer, channel) -> {
          if (revoked.test(peer) && channels.remove(peer, channel)) {
            channel.close();
          }
        });
    leaving.forEach(
        last -> {
          if (revoked.test(last.peer())) {
            last.channel().close();
          }
        });
  }

  /** Cuts all. */
  public void close() {
    cut(peer -> true);
  }

  private PinnedChannel create(Peer peer) {
    SpiffeId expected = SpiffeId.service(peer.serviceId(), peer.instanceId());
    return new PinnedChannel(
        lanes.get(), dialer, peer.endpoint(), expected, Transport.IDLE_CHANNEL);
  }
}
