package io.trestle.registry;

import io.vertx.core.Future;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * Remembers what was last stored of each instance, so that an unchanged declaration is answered
 * without a write, also while the database is away. Bounded: the least recently used instance is
 * forgotten first, which only costs a write.
 */
final class StoredDeclarations {
  private static final int MAX_INSTANCES = 100_000;

  private final Map<UUID, Known> known =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<UUID, Known> eldest) {
          return size() > MAX_INSTANCES;
        }
      };

  private record Known(byte[] fingerprint, Future<Void> stored) {}

  void load(RegistryStore.Stored stored) {
    known.put(stored.instanceId(), new Known(stored.fingerprint(), Future.succeededFuture()));
  }

  /** What is stored of the instance is not what was stored: the next declaration is written. */
  void forget(UUID instance) {
    known.remove(instance);
  }

  /** Completes when this declaration is stored; writes it unless it is, or is about to be. */
  Future<Void> store(UUID instance, byte[] fingerprint, Supplier<Future<Void>> write) {
    Known last = known.get(instance);
    if (last != null && !last.stored().failed() && Arrays.equals(last.fingerprint(), fingerprint)) {
      return last.stored();
    }
    Future<Void> stored = write.get();
    known.put(instance, new Known(fingerprint, stored));
    return stored;
  }
}
