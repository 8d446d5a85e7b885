package io.trestle.pki;

import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.kernel.pipeline.WriteFailure;
import io.trestle.pki.InstanceStore.Leaf;
import io.trestle.pki.core.AccessState;
import io.vertx.core.Future;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Every leaf that exists, on its way into the database: those that are issued here, written before
 * they are handed out, and those that a client shows although no row knows them (the database was
 * restored, or the row is lost). The latter are admitted at once and kept here until they are
 * stored. Safe from any thread.
 */
final class LeafLedger {
  private static final Logger LOG = LoggerFactory.getLogger(LeafLedger.class);

  private final AccessState state;
  private final AccessOwner owner;
  private final InstanceStore instances;
  private final Map<UUID, Leaf> unsaved = new ConcurrentHashMap<>();

  LeafLedger(AccessState state, AccessOwner owner, InstanceStore instances) {
    this.state = state;
    this.owner = owner;
    this.instances = instances;
  }

  /** Stores an issued leaf. Fails with {@link Refused} when that is not certain. */
  Future<Void> issued(Leaf leaf) {
    return instances
        .write(leaf)
        .onSuccess(stored -> remember(leaf))
        .recover(failure -> Future.failedFuture(refusal(failure)));
  }

  /** A client shows a verified leaf that is not in the state. */
  void shown(Leaf leaf) {
    remember(leaf);
    if (unsaved.put(leaf.instanceId(), leaf) == null) {
      LOG.info(
          "instance unknown, recorded instance={} service={}", leaf.instanceId(), leaf.serviceId());
      save(leaf);
    }
  }

  /** Tries again what could not be stored. */
  void retry() {
    List.copyOf(unsaved.values()).forEach(this::save);
  }

  private void save(Leaf leaf) {
    instances
        .write(leaf)
        .compose(stored -> instances.find(leaf.instanceId()))
        .onSuccess(
            row -> {
              unsaved.remove(leaf.instanceId(), leaf);
              row.filter(known -> known.revoked()).ifPresent(owner::instanceRevoked);
            })
        .onFailure(failure -> unsaved(leaf, failure));
  }

  private void unsaved(Leaf leaf, Throwable failure) {
    boolean hopeless =
        failure instanceof WriteFailure write && write.code() == WriteFailure.Code.REJECTED;
    if (hopeless) {
      unsaved.remove(leaf.instanceId(), leaf);
    }
    LOG.warn(
        "instance not stored instance={} service={} again={} reason={}",
        leaf.instanceId(),
        leaf.serviceId(),
        !hopeless,
        failure.toString());
  }

  private void remember(Leaf leaf) {
    state.record(leaf.instanceId(), leaf.serviceId(), leaf.notAfter().toEpochMilli());
  }

  private static Refused refusal(Throwable failure) {
    WriteFailure.Code code = failure instanceof WriteFailure write ? write.code() : null;
    if (code == WriteFailure.Code.REJECTED) {
      // Its service was deleted in this very moment.
      return Refused.of(Reason.UNAUTHENTICATED, AccessOwner.REVOKED_TEXT);
    }
    return code == WriteFailure.Code.FULL
        ? Refused.of(Reason.OVERLOADED, "the write pipeline is full, try again later")
        : Refused.of(Reason.UNAVAILABLE, "the leaf could not be stored, try again later");
  }
}
