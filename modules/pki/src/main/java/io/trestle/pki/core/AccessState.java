package io.trestle.pki.core;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Who may come in, in memory: the services with their keys, and the instances that hold a leaf
 * which may still be valid. Every RPC is judged here, so a judgement is two map reads and takes no
 * lock.
 *
 * <p>One owner writes, every event loop reads. The owner follows the database (rows, news and a
 * poll) and is told of every leaf before its holder is; so memory never knows less than a client
 * can show, except after rows were lost. That exception is why a certificate of ours over an
 * unknown instance is admitted and recorded ({@link Verdict#ADMIT_AND_RECORD}): the signature
 * proves that the instance was ours, and only a tombstone speaks against it. Tombstones are
 * therefore kept for as long as any leaf of the instance may be shown, and nothing clears them.
 *
 * <p>What counts is the newest leaf of the instance, not the one of the handshake: clients keep
 * connections over many renewals, so the leaf of a connection is routinely expired. The newest is
 * the larger of what was issued and what is shown (a database restored from a backup knows less
 * than the clients do). Five minutes after the newest has expired the instance is turned away with
 * a status that makes it provision again, and its entry goes.
 */
public final class AccessState {
  /** How long after the expiry of its newest leaf an instance is still served. */
  public static final long GRACE_MILLIS = 5 * 60_000;

  /** How long after that expiry a revocation is remembered. */
  public static final long TOMBSTONE_MILLIS = 60 * 60_000;

  private final Map<UUID, ServiceAccess> services = new ConcurrentHashMap<>();
  private final Map<UUID, InstanceAccess> instances = new ConcurrentHashMap<>();
  private final Map<KeyId, ServiceAccess> keys = new ConcurrentHashMap<>();

  /** What happens to a call. */
  public enum Verdict {
    ADMIT,
    /** Admit, and tell the owner of an instance or a leaf that it does not know. */
    ADMIT_AND_RECORD,
    REVOKED,
    EXPIRED
  }

  /** What became of a service. */
  public enum Change {
    NONE,
    /** Appeared, renamed or activated. */
    CHANGED,
    /** Was active or unknown, and is revoked. */
    REVOKED
  }

  /** Judges the holder of a verified leaf of ours. From any thread. */
  public Verdict judge(UUID serviceId, UUID instanceId, long shownNotAfterMillis, long nowMillis) {
    ServiceAccess service = services.get(serviceId);
    if (service == null || !service.active()) {
      return Verdict.REVOKED;
    }
    InstanceAccess known = instances.get(instanceId);
    if (known != null && (known.revoked() || !known.serviceId().equals(serviceId))) {
      return Verdict.REVOKED;
    }
    boolean news = known == null || known.leafNotAfterMillis() < shownNotAfterMillis;
    long newest = known == null || news ? shownNotAfterMillis : known.leafNotAfterMillis();
    if (newest + GRACE_MILLIS < nowMillis) {
      return Verdict.EXPIRED;
    }
    return news ? Verdict.ADMIT_AND_RECORD : Verdict.ADMIT;
  }

  /** The active service for which a key is good; null when memory cannot confirm that. */
  public @Nullable ServiceAccess holderOf(KeyId keyId, byte[] secret) {
    ServiceAccess service = keys.get(keyId);
    String hash = service == null ? null : service.keys().get(keyId);
    boolean good = SecretHash.matches(hash, secret);
    return good && service != null && service.active() ? service : null;
  }

  /** One service; null when unknown. */
  public @Nullable ServiceAccess service(UUID id) {
    return services.get(id);
  }

  /** Every service, revoked ones too. */
  public Collection<ServiceAccess> services() {
    return List.copyOf(services.values());
  }

  /** One instance; null when unknown. */
  public @Nullable InstanceAccess instance(UUID id) {
    return instances.get(id);
  }

  /** Every revoked instance that is remembered. */
  public List<InstanceAccess> revokedInstances() {
    return instances.values().stream().filter(InstanceAccess::revoked).toList();
  }

  /** When the last known leaf of a service will have expired; at least {@code nowMillis}. */
  public long lastLeafMillis(UUID serviceId, long nowMillis) {
    return instances.values().stream()
        .filter(instance -> instance.serviceId().equals(serviceId))
        .mapToLong(InstanceAccess::leafNotAfterMillis)
        .reduce(nowMillis, Math::max);
  }

  /** Instances in memory. */
  public int instanceCount() {
    return instances.size();
  }

  /** Owner: takes over a service row. */
  public Change put(ServiceAccess service) {
    ServiceAccess before = services.put(service.id(), service);
    if (before != null) {
      before
          .keys()
          .keySet()
          .forEach(key -> keys.computeIfPresent(key, (id, s) -> dropped(s, service)));
    }
    service.keys().keySet().forEach(key -> keys.put(key, service));
    if (before != null && before.looksLike(service)) {
      return Change.NONE;
    }
    boolean wasRevoked = before != null && !before.active();
    return service.active() || wasRevoked ? Change.CHANGED : Change.REVOKED;
  }

  /** Owner: a service row is gone. Returns what it was. */
  public @Nullable ServiceAccess remove(UUID serviceId) {
    ServiceAccess gone = services.remove(serviceId);
    if (gone != null) {
      gone.keys().keySet().forEach(key -> keys.computeIfPresent(key, (id, s) -> dropped(s, gone)));
    }
    return gone;
  }

  /** Owner: ids of the services that are in memory and not among these. */
  public List<UUID> servicesBeside(Set<UUID> present) {
    return services.keySet().stream().filter(id -> !present.contains(id)).toList();
  }

  /** Owner: takes over an instance or a newer leaf of it. A tombstone stays one. */
  public void record(UUID instanceId, UUID serviceId, long leafNotAfterMillis) {
    instances.merge(
        instanceId,
        new InstanceAccess(instanceId, serviceId, leafNotAfterMillis, false),
        (known, now) -> known.withLeaf(leafNotAfterMillis));
  }

  /** Owner: revokes an instance for good. Returns whether that is news. */
  public boolean revoke(UUID instanceId, UUID serviceId, long leafNotAfterMillis) {
    InstanceAccess before = instances.get(instanceId);
    record(instanceId, serviceId, leafNotAfterMillis);
    instances.computeIfPresent(instanceId, (id, known) -> known.asRevoked());
    return before == null || !before.revoked();
  }

  /** Owner: forgets instances past their time and returns the ones that must be turned away. */
  public List<InstanceAccess> expire(long nowMillis) {
    List<InstanceAccess> expired = new ArrayList<>();
    for (InstanceAccess instance : instances.values()) {
      long keptMillis = instance.revoked() ? TOMBSTONE_MILLIS : GRACE_MILLIS;
      if (instance.leafNotAfterMillis() + keptMillis < nowMillis) {
        expired.add(instance);
      }
    }
    expired.forEach(instance -> instances.remove(instance.id()));
    return expired.stream().filter(instance -> !instance.revoked()).toList();
  }

  private static @Nullable ServiceAccess dropped(ServiceAccess holder, ServiceAccess former) {
    return holder.id().equals(former.id()) ? null : holder;
  }
}
