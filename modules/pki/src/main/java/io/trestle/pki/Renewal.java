package io.trestle.pki;

import io.trestle.conversations.Leaves.Refresh;
import io.trestle.conversations.Leaves.Refreshed;
import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.kernel.Clock;
import io.trestle.kernel.database.Database;
import io.trestle.kernel.database.DatabaseState;
import io.trestle.pki.InstanceStore.Leaf;
import io.trestle.pki.core.AccessState;
import io.trestle.pki.core.AccessState.Verdict;
import io.trestle.pki.core.IssuedCertificate;
import io.trestle.pki.core.RateLimit;
import io.vertx.core.Future;
import java.security.PublicKey;
import java.util.UUID;

/**
 * Further leaves for instances that are in (wire.md 4.6): the same ids, a new key, and nothing else
 * happens. Who asks was judged by the gateway already; a revocation meanwhile is seen at the end.
 */
final class Renewal {
  static final int BURST = 5;
  static final long TOKEN_MICROS = 30_000_000;

  private final Database database;
  private final AccessState state;
  private final Issuer issuer;
  private final LeafLedger ledger;
  private final Clock clock;
  private final RateLimit<UUID> rate = new RateLimit<>(BURST, TOKEN_MICROS);

  Renewal(Database database, AccessState state, Issuer issuer, LeafLedger ledger, Clock clock) {
    this.database = database;
    this.state = state;
    this.issuer = issuer;
    this.ledger = ledger;
    this.clock = clock;
  }

  /** Answers {@code Leaves.REFRESH}. */
  Future<Refreshed> refresh(Refresh question) {
    if (database.state() == DatabaseState.AWAY) {
      return refused(Reason.UNAVAILABLE, "the database is away, the present leaf stays valid");
    }
    if (!rate.tryTake(question.instanceId(), clock.millis())) {
      return refused(
          Reason.OVERLOADED, "too many leaves of this instance (expected: 1 in 30 s, 5 at once)");
    }
    return issuer.keyOf(question.csr()).compose(key -> issue(question, key));
  }

  /** Forgets the buckets of instances that are quiet. */
  void tidy() {
    rate.forgetFull(clock.millis());
  }

  private Future<Refreshed> issue(Refresh question, PublicKey key) {
    return issuer
        .leaf(question.serviceId(), question.instanceId(), key)
        .compose(
            leaf ->
                ledger
                    .issued(
                        Leaf.of(question.instanceId(), question.serviceId(), leaf.notAfterMillis()))
                    .compose(stored -> answer(question, leaf)));
  }

  private Future<Refreshed> answer(Refresh question, IssuedCertificate leaf) {
    Verdict verdict =
        state.judge(
            question.serviceId(), question.instanceId(), leaf.notAfterMillis(), clock.millis());
    return verdict == Verdict.REVOKED
        ? refused(Reason.UNAUTHENTICATED, AccessOwner.REVOKED_TEXT)
        : Future.succeededFuture(
            new Refreshed(leaf.der(), issuer.authority().certificateDer(), leaf.notAfterMillis()));
  }

  private static <T> Future<T> refused(Reason reason, String message) {
    return Future.failedFuture(Refused.of(reason, message));
  }
}
