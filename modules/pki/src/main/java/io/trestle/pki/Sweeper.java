package io.trestle.pki;

import io.trestle.kernel.Clock;
import io.trestle.kernel.database.Database;
import io.trestle.kernel.database.DatabaseState;
import io.trestle.kernel.gateway.Caller;
import io.trestle.kernel.gateway.Gateway;
import io.trestle.kernel.settings.IdentitySettings;
import io.trestle.kernel.settings.Settings;
import io.trestle.pki.core.AccessState;
import io.trestle.pki.core.InstanceAccess;
import io.trestle.protocol.StatusCode;
import io.vertx.core.Future;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What passes with time: leaves that were not renewed, and rows that nobody needs any more. */
final class Sweeper {
  static final String EXPIRED_TEXT =
      "the newest leaf of this instance has expired, provision again";

  private static final Logger LOG = LoggerFactory.getLogger(Sweeper.class);

  /** No row goes earlier than this after its leaf: it may be a tombstone. */
  private static final long KEPT_MILLIS = AccessState.TOMBSTONE_MILLIS;

  private final Database database;
  private final InstanceStore instances;
  private final AccessState state;
  private final Gateway gateway;
  private final Settings settings;
  private final Clock clock;

  Sweeper(
      Database database,
      InstanceStore instances,
      AccessState state,
      Gateway gateway,
      Settings settings,
      Clock clock) {
    this.database = database;
    this.instances = instances;
    this.state = state;
    this.gateway = gateway;
    this.settings = settings;
    this.clock = clock;
  }

  /** Turns away the instances whose newest leaf expired and whose grace is over. */
  void turnAwayExpired() {
    Set<UUID> expired =
        state.expire(clock.millis()).stream()
            .map(InstanceAccess::id)
            .collect(Collectors.toUnmodifiableSet());
    if (!expired.isEmpty()) {
      LOG.info("leaves expired instances={}", expired.size());
      gateway.disconnect(
          caller -> caller.kind() == Caller.Kind.SERVICE && expired.contains(caller.instanceId()),
          StatusCode.UNAVAILABLE,
          EXPIRED_TEXT);
    }
  }

  /** Deletes rows of instances that never connected, and of those that were not seen for long. */
  Future<Void> deleteRows() {
    if (database.state() == DatabaseState.AWAY) {
      return Future.succeededFuture();
    }
    long now = clock.millis();
    long expired = now - KEPT_MILLIS;
    long unseen = now - TimeUnit.DAYS.toMillis(settings.get(IdentitySettings.GC_RETENTION));
    return untilFew(() -> instances.deleteNeverConnected(expired))
        .compose(done -> untilFew(() -> instances.deleteStale(expired, unseen)));
  }

  private static Future<Void> untilFew(Supplier<Future<Integer>> delete) {
    return delete
        .get()
        .compose(
            count -> {
              if (count > 0) {
                LOG.info("instances deleted rows={}", count);
              }
              return count < InstanceStore.DELETED_AT_A_TIME
                  ? Future.succeededFuture()
                  : untilFew(delete);
            });
  }
}
