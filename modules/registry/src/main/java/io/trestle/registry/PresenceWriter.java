package io.trestle.registry;

import io.trestle.kernel.pipeline.Write;
import io.trestle.registry.core.Effect.WritePresence;
import io.vertx.core.Future;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stores the presence of instances. Only the newest state of an instance counts: what could not be
 * stored is kept and written again when the database is back, unless something newer was. Thread:
 * the registry's event loop.
 */
final class PresenceWriter {
  private static final Logger LOG = LoggerFactory.getLogger(PresenceWriter.class);

  private final Function<Write, Future<Void>> pipeline;
  private final RegistryStore store;
  private final Map<UUID, WritePresence> newest = new LinkedHashMap<>();
  private final Set<UUID> failed = new LinkedHashSet<>();

  PresenceWriter(Function<Write, Future<Void>> pipeline, RegistryStore store) {
    this.pipeline = pipeline;
    this.store = store;
  }

  void write(WritePresence presence) {
    UUID instance = presence.instanceId();
    newest.put(instance, presence);
    failed.remove(instance);
    pipeline
        .apply(store.presence(presence))
        .onSuccess(v -> newest.remove(instance, presence))
        .onFailure(e -> failed(presence));
  }

  private void failed(WritePresence presence) {
    if (presence.equals(newest.get(presence.instanceId()))) {
      failed.add(presence.instanceId());
    }
  }

  /** What the rows of live instances do not say, but for those that are being written. */
  Future<List<WritePresence>> edited(List<WritePresence> live) {
    List<WritePresence> settled =
        live.stream().filter(p -> !newest.containsKey(p.instanceId())).toList();
    return store
        .unlike(settled)
        .map(ids -> settled.stream().filter(p -> ids.contains(p.instanceId())).toList());
  }

  /** Writes again what failed; call it while the database is there. */
  void retry() {
    if (failed.isEmpty()) {
      return;
    }
    List<UUID> again = List.copyOf(failed);
    for (UUID instance : again) {
      WritePresence presence = newest.get(instance);
      if (presence != null) {
        write(presence);
      }
    }
    LOG.info("presence written again instances={}", again.size());
  }
}
