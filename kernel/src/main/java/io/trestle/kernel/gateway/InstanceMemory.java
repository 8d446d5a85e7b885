package io.trestle.kernel.gateway;

import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bytes held per instance, over all its connections and all loops. Strangers count as one instance.
 * A share lives as long as a connection has calls of that instance.
 */
final class InstanceMemory {
  private final Map<UUID, Share> shares = new ConcurrentHashMap<>();

  /** What one instance holds. */
  static final class Share {
    private final UUID instance;
    private final AtomicLong bytes = new AtomicLong();
    private int users;

    private Share(UUID instance) {
      this.instance = instance;
    }

    long bytes() {
      return bytes.get();
    }

    void add(long count) {
      bytes.addAndGet(count);
    }
  }

  /** Must be given back by {@link #release}. */
  Share acquire(UUID instance) {
    return shares.compute(
        instance,
        (id, old) -> {
          Share share = old == null ? new Share(id) : old;
          share.users++;
          return share;
        });
  }

  void release(Share share) {
    shares.computeIfPresent(share.instance, (id, old) -> --old.users == 0 ? null : old);
  }

  /** Bytes held for one instance now. */
  long held(UUID instance) {
    Share share = shares.get(instance);
    return share == null ? 0 : share.bytes();
  }

  int instances() {
    return shares.size();
  }
}
