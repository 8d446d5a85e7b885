package io.trestle.pki;

import io.micrometer.core.instrument.MeterRegistry;
import io.trestle.conversations.Leaves.Provision;
import io.trestle.conversations.Leaves.Provisioned;
import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.kernel.Clock;
import io.trestle.kernel.Ids;
import io.trestle.pki.InstanceStore.Leaf;
import io.trestle.pki.core.AdmissionGate;
import io.trestle.pki.core.IssuedCertificate;
import io.trestle.pki.core.KeyId;
import io.trestle.pki.core.RateLimit;
import io.trestle.pki.core.SecretHash;
import io.trestle.pki.core.ServiceAccess;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.security.PublicKey;
import java.time.Duration;
import java.util.Locale;
import java.util.UUID;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns bootstrap keys into instances (wire.md 3.1). The order of the checks is part of the
 * contract: form, then key, then rate, then work. So a malformed request says so whatever its key,
 * a stranger cannot use up the tokens of a service, and all keys that are not good get one answer.
 *
 * <p>What costs processor time before the key is known to be good happens inside the gate: so many
 * at a time, so many waiting, the rest is refused at once. The row of the instance is committed
 * before the answer leaves, and known to the access state before the first call can arrive.
 */
final class Provisioning {
  private static final Logger LOG = LoggerFactory.getLogger(Provisioning.class);
  static final int MAX_WAITING = 1024;

  /** Less than the bus gives an answer. Who waits less long says so with a deadline. */
  static final Duration MAX_WAIT = Duration.ofSeconds(20);

  static final int BURST = 2000;
  static final long TOKEN_MICROS = 20_000;

  private final Context context;
  private final Issuer issuer;
  private final KeyCheck keys;
  private final LeafLedger ledger;
  private final Ids ids;
  private final Clock clock;
  private final MeterRegistry meters;
  private final AdmissionGate gate;
  private final RateLimit<UUID> rate = new RateLimit<>(BURST, TOKEN_MICROS);

  Provisioning(
      Context context,
      IntSupplier concurrency,
      Issuer issuer,
      KeyCheck keys,
      LeafLedger ledger,
      Ids ids,
      Clock clock,
      MeterRegistry meters) {
    this.context = context;
    this.gate = new AdmissionGate(concurrency, MAX_WAITING);
    this.issuer = issuer;
    this.keys = keys;
    this.ledger = ledger;
    this.ids = ids;
    this.clock = clock;
    this.meters = meters;
  }

  /** Answers {@code Leaves.PROVISION}. */
  Future<Provisioned> provision(Provision question) {
    long latest = clock.millis() + MAX_WAIT.toMillis();
    long deadline = question.deadlineMillis();
    long until = deadline > 0 ? Math.min(deadline, latest) : latest;
    return checkLengths(question)
        .compose(checked -> gated(() -> inTime(until) ? inside(question) : late()))
        .onComplete(result -> count(result.failed() ? result.cause() : null));
  }

  /** Forgets the buckets of services that are quiet. */
  void tidy() {
    rate.forgetFull(clock.millis());
  }

  private static Future<Void> checkLengths(Provision question) {
    return question.keyId().length == KeyId.BYTES
            && question.secret().length == SecretHash.SECRET_BYTES
        ? Future.succeededFuture()
        : refused(
            Reason.INVALID,
            "key_id and secret: %d and %d bytes (expected: 8 and 32)"
                .formatted(question.keyId().length, question.secret().length));
  }

  private Future<Provisioned> inside(Provision question) {
    KeyId keyId = KeyId.of(question.keyId());
    return issuer
        .keyOf(question.csr())
        .compose(
            publicKey ->
                keys.holder(keyId, question.secret())
                    .compose(this::charge)
                    .compose(service -> issue(service, publicKey)));
  }

  private Future<ServiceAccess> charge(ServiceAccess service) {
    return rate.tryTake(service.id(), clock.millis())
        ? Future.succeededFuture(service)
        : refused(
            Reason.OVERLOADED, "too many new instances of this service (expected: 50 per second)");
  }

  private Future<Provisioned> issue(ServiceAccess service, PublicKey publicKey) {
    UUID instanceId = ids.next();
    return issuer
        .leaf(service.id(), instanceId, publicKey)
        .compose(
            leaf ->
                ledger
                    .issued(Leaf.of(instanceId, service.id(), leaf.notAfterMillis()))
                    .map(stored -> answer(service, instanceId, leaf)));
  }

  private Provisioned answer(ServiceAccess service, UUID instanceId, IssuedCertificate leaf) {
    return new Provisioned(
        leaf.der(),
        issuer.authority().certificateDer(),
        service.id(),
        service.name(),
        instanceId,
        leaf.notAfterMillis());
  }

  private <T> Future<T> gated(Supplier<Future<T>> work) {
    Promise<T> promise = Promise.promise();
    boolean admitted = gate.enter(() -> context.runOnContext(turn -> run(work, promise)));
    return admitted
        ? promise.future()
        : refused(Reason.OVERLOADED, "too many provisions at once, try again later");
  }

  /** Whether somebody waits still: an identity for nobody would stay until it is swept. */
  private boolean inTime(long until) {
    return clock.millis() < until;
  }

  private static <T> Future<T> late() {
    return refused(Reason.OVERLOADED, "too many provisions at once, its turn came too late");
  }

  private <T> void run(Supplier<Future<T>> work, Promise<T> promise) {
    Future.succeededFuture()
        .compose(turn -> work.get())
        .onComplete(
            result -> {
              gate.leave();
              promise.handle(result);
            });
  }

  private void count(@Nullable Throwable failure) {
    String outcome = failure == null ? "ok" : "failed";
    if (failure instanceof Refused refused) {
      outcome = refused.reason().name().toLowerCase(Locale.ROOT);
    }
    meters.counter("trestle.pki.provisions", "outcome", outcome).increment();
    LOG.debug("provision outcome={}", outcome);
  }

  private static <T> Future<T> refused(Reason reason, String message) {
    return Future.failedFuture(Refused.of(reason, message));
  }
}
