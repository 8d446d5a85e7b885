package io.trestle.pki;

import io.trestle.conversations.AccessNews;
import io.trestle.kernel.Clock;
import io.trestle.kernel.bus.Bus;
import io.trestle.kernel.database.Rereads;
import io.trestle.kernel.gateway.Caller;
import io.trestle.kernel.gateway.Gateway;
import io.trestle.pki.core.AccessState;
import io.trestle.pki.core.AccessState.Change;
import io.trestle.pki.core.InstanceAccess;
import io.trestle.pki.core.ServiceAccess;
import io.trestle.protocol.StatusCode;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one writer of the services in {@link AccessState}: it follows the tables, and turns every
 * difference into news and into ended calls.
 *
 * <p>There is one way in for a change, whoever made it: somebody says that a service may have
 * changed (a notification, a poll, an operator's procedure after its commit), and the row is read
 * again, as {@link Rereads} has it: a read can never undo what a later commit did.
 *
 * <p>Effects of a revocation, in the order of wire.md 4.8: it is committed already; the state says
 * no to every further call; peers hear of it; the open calls of the revoked end. All on one
 * context.
 */
final class AccessOwner {
  static final String REVOKED_TEXT = "access revoked";

  private static final Logger LOG = LoggerFactory.getLogger(AccessOwner.class);

  private final Context context;
  private final AccessState state;
  private final ServiceStore services;
  private final InstanceStore instances;
  private final Bus bus;
  private final Gateway gateway;
  private final Clock clock;

  private final Rereads<UUID> rereads;

  AccessOwner(
      Context context,
      AccessState state,
      ServiceStore services,
      InstanceStore instances,
      Bus bus,
      Gateway gateway,
      Clock clock) {
    this.context = context;
    this.state = state;
    this.services = services;
    this.instances = instances;
    this.bus = bus;
    this.gateway = gateway;
    this.clock = clock;
    this.rereads = new Rereads<>(context, (some, all) -> all ? readAll() : readSome(some));
  }

  /** Reads everything for the first time; nobody is told. */
  Future<Void> load() {
    long since = clock.millis() - AccessState.TOMBSTONE_MILLIS;
    return services
        .all()
        .onSuccess(rows -> rows.forEach(row -> state.put(row.access())))
        .compose(rows -> instances.withLeafAfter(since))
        .onSuccess(rows -> rows.forEach(this::take))
        .onSuccess(
            rows ->
                LOG.info(
                    "access loaded services={} instances={}", state.services().size(), rows.size()))
        .mapEmpty();
  }

  /** Reads every service and every recent tombstone again. From any thread. */
  Future<Void> rereadAll() {
    return rereads.all();
  }

  /**
   * Reads one service again. Completes when its changes have had their effects. From any thread.
   */
  Future<Void> reread(UUID serviceId) {
    return rereads.one(serviceId);
  }

  /** A revocation of an instance was committed. From any thread. */
  Future<Void> instanceRevoked(InstanceAccess instance) {
    Promise<Void> done = Promise.promise();
    context.runOnContext(
        nothing -> {
          revoke(instance);
          done.complete();
        });
    return done.future();
  }

  /** Who comes in, as the others are told. On the owner's context. */
  AccessNews.All all() {
    return new AccessNews.All(
        state.services().stream().map(this::news).toList(),
        state.revokedInstances().stream().map(AccessOwner::news).toList());
  }

  private Future<Void> readAll() {
    long since = clock.millis() - AccessState.TOMBSTONE_MILLIS;
    return services
        .all()
        .onSuccess(
            rows -> {
              rows.forEach(row -> apply(row.access()));
              Set<UUID> present = rows.stream().map(ServiceRow::id).collect(Collectors.toSet());
              state.servicesBeside(present).forEach(this::remove);
            })
        .compose(rows -> instances.revokedWithLeafAfter(since))
        .onSuccess(rows -> rows.forEach(this::revoke))
        .mapEmpty();
  }

  private Future<Void> readSome(Set<UUID> ids) {
    return services
        .some(ids)
        .onSuccess(
            rows -> {
              rows.forEach(row -> apply(row.access()));
              Set<UUID> gone = new HashSet<>(ids);
              rows.forEach(row -> gone.remove(row.id()));
              gone.forEach(this::remove);
            })
        .mapEmpty();
  }

  private void apply(ServiceAccess service) {
    Change change = state.put(service);
    if (change != Change.NONE) {
      tell(service, change == Change.REVOKED);
    }
  }

  /** A deleted row is a revocation that cannot be undone. */
  private void remove(UUID serviceId) {
    ServiceAccess gone = state.remove(serviceId);
    if (gone != null) {
      tell(new ServiceAccess(gone.id(), gone.name(), false, gone.keys()), true);
    }
  }

  private void tell(ServiceAccess service, boolean revoked) {
    LOG.info(
        "service changed service={} name={} active={}",
        service.id(),
        service.name(),
        service.active());
    bus.publish(AccessNews.SERVICE, news(service));
    if (revoked) {
      end(caller -> caller.serviceId().equals(service.id()));
    }
  }

  private void take(InstanceAccess instance) {
    if (instance.revoked()) {
      state.revoke(instance.id(), instance.serviceId(), instance.leafNotAfterMillis());
    } else {
      state.record(instance.id(), instance.serviceId(), instance.leafNotAfterMillis());
    }
  }

  private void revoke(InstanceAccess instance) {
    UUID id = instance.id();
    if (state.revoke(id, instance.serviceId(), instance.leafNotAfterMillis())) {
      LOG.info("instance revoked instance={} service={}", id, instance.serviceId());
      bus.publish(AccessNews.INSTANCE, news(instance));
      end(caller -> caller.instanceId().equals(id));
    }
  }

  private void end(Predicate<Caller> who) {
    gateway.end(
        caller -> caller.kind() == Caller.Kind.SERVICE && who.test(caller),
        StatusCode.UNAUTHENTICATED,
        REVOKED_TEXT);
  }

  private AccessNews.ServiceChanged news(ServiceAccess service) {
    Instant until =
        service.active()
            ? null
            : Instant.ofEpochMilli(state.lastLeafMillis(service.id(), clock.millis()));
    return new AccessNews.ServiceChanged(service.id(), service.name(), service.active(), until);
  }

  private static AccessNews.InstanceRevoked news(InstanceAccess instance) {
    return new AccessNews.InstanceRevoked(
        instance.id(), instance.serviceId(), Instant.ofEpochMilli(instance.leafNotAfterMillis()));
  }
}
