package io.trestle.registry;

import io.trestle.kernel.database.Rereads;
import io.trestle.protocol.policy.ServicePolicy;
import io.trestle.registry.PolicyStore.Stored;
import io.trestle.registry.PolicyStore.Version;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the policies in step with their tables.
 *
 * <p>Whoever changed a row, somebody says which service it was of (a notification, an operator's
 * procedure after its commit), and the rows of that service are read again, as {@link Rereads} has
 * it: a read can never undo what a later commit did.
 *
 * <p>When nobody can say which (the poll, a reconnect), only the versions are read: flags and a
 * digest of the rules, one short row a service. What has another version than what was read last is
 * then read in portions. So a thousand services with ten rules each cost the event loop a thousand
 * short rows every 30 s, and no turn of it is long.
 *
 * <p>Thread: the given context.
 */
final class PolicyFollower {
  private static final Logger LOG = LoggerFactory.getLogger(PolicyFollower.class);
  private static final int PORTION = 100;

  private final PolicyStore store;
  private final BiConsumer<UUID, ServicePolicy> changed;
  private final Rereads<UUID> rereads;
  private final Map<UUID, Version> read = new HashMap<>();

  PolicyFollower(Context context, PolicyStore store, BiConsumer<UUID, ServicePolicy> changed) {
    this.store = store;
    this.changed = changed;
    this.rereads = new Rereads<>(context, this::read);
  }

  /** Reads what has changed of any service. From any thread. */
  Future<Void> rereadAll() {
    return rereads.all();
  }

  /** Reads one service again. Completes when its change was told. From any thread. */
  Future<Void> reread(UUID serviceId) {
    return rereads.one(serviceId);
  }

  private Future<Void> read(Set<UUID> ids, boolean all) {
    Future<Set<UUID>> wanted = all ? outdated(ids) : Future.succeededFuture(ids);
    return wanted.compose(some -> readPortions(new ArrayList<>(some)));
  }

  /** These and all whose version is not the one that was read. */
  private Future<Set<UUID>> outdated(Set<UUID> ids) {
    return store
        .versions()
        .map(
            versions -> {
              Set<UUID> outdated = new HashSet<>(ids);
              versions.forEach(
                  (id, version) -> {
                    if (!version.equals(read.get(id))) {
                      outdated.add(id);
                    }
                  });
              read.keySet().stream().filter(id -> !versions.containsKey(id)).forEach(outdated::add);
              return outdated;
            });
  }

  private Future<Void> readPortions(List<UUID> ids) {
    if (ids.isEmpty()) {
      return Future.succeededFuture();
    }
    int end = Math.min(PORTION, ids.size());
    List<UUID> portion = ids.subList(0, end);
    return store
        .some(portion)
        .onSuccess(rows -> take(portion, rows))
        .compose(rows -> readPortions(ids.subList(end, ids.size())));
  }

  private void take(List<UUID> asked, List<Stored> rows) {
    Set<UUID> gone = new HashSet<>(asked);
    for (Stored row : rows) {
      gone.remove(row.serviceId());
      take(row);
    }
    for (UUID id : gone) {
      read.remove(id);
      changed.accept(id, ServicePolicy.OPEN);
    }
  }

  private void take(Stored row) {
    Version before =
        row.version().equals(Version.NEW_SERVICE)
            ? read.remove(row.serviceId())
            : read.put(row.serviceId(), row.version());
    if (!row.version().equals(before)) {
      row.faults()
          .forEach(
              fault ->
                  LOG.warn("policy row matches nothing service={} {}", row.serviceId(), fault));
    }
    changed.accept(row.serviceId(), row.policy());
  }
}
