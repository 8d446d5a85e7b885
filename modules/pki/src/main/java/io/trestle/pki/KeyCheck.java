package io.trestle.pki;

import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.kernel.database.Database;
import io.trestle.kernel.database.DatabaseState;
import io.trestle.pki.core.AccessState;
import io.trestle.pki.core.KeyId;
import io.trestle.pki.core.SecretHash;
import io.trestle.pki.core.ServiceAccess;
import io.vertx.core.Future;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the service that holds a bootstrap key. Memory can only say yes; a no is always asked of
 * the database, with one indexed read, because a row may be a moment old. So the three ways to be
 * wrong (unknown key, wrong secret, revoked service) take the same steps and get the same answer.
 */
final class KeyCheck {
  static final String KEY_REFUSED = "the bootstrap key is not valid";

  private static final Logger LOG = LoggerFactory.getLogger(KeyCheck.class);

  private final Database database;
  private final AccessState state;
  private final AccessOwner owner;
  private final ServiceStore services;
  private final Set<KeyId> complained = ConcurrentHashMap.newKeySet();

  KeyCheck(Database database, AccessState state, AccessOwner owner, ServiceStore services) {
    this.database = database;
    this.state = state;
    this.owner = owner;
    this.services = services;
  }

  /**
   * The active service for which the key is good, else {@link Refused} UNAUTHENTICATED; UNAVAILABLE
   * while the database is away, also for a good key: its leaf could not be stored.
   */
  Future<ServiceAccess> holder(KeyId keyId, byte[] secret) {
    ServiceAccess known = state.holderOf(keyId, secret);
    if (known != null && database.state() == DatabaseState.AVAILABLE) {
      return Future.succeededFuture(known);
    }
    return database
        .promptly(() -> services.byKey(keyId))
        .recover(DatabaseRefusals::away)
        .compose(row -> judge(keyId, secret, row));
  }

  private Future<ServiceAccess> judge(KeyId keyId, byte[] secret, Optional<ServiceRow> row) {
    String hash = row.map(service -> service.keys().get(keyId)).orElse(null);
    complainOnce(keyId, hash);
    boolean good = SecretHash.matches(hash, secret);
    if (row.isEmpty() || !good || !row.get().active()) {
      return Future.failedFuture(Refused.of(Reason.UNAUTHENTICATED, KEY_REFUSED));
    }
    // A row that is newer than memory: its leaf would be refused until memory has followed.
    return database
        .promptly(() -> owner.reread(row.get().id()))
        .recover(DatabaseRefusals::away)
        .map(read -> row.get().access());
  }

  private void complainOnce(KeyId keyId, @Nullable String hash) {
    if (hash != null && !SecretHash.isWellFormed(hash) && complained.add(keyId)) {
      LOG.warn("key is useless, its secret_hash has a foreign form key={}", keyId);
    }
  }
}
