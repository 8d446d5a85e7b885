package io.trestle.pki;

import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.kernel.Clock;
import io.trestle.pki.core.CertificateAuthority;
import io.trestle.pki.core.IssuedCertificate;
import io.trestle.pki.core.LeafProfile;
import io.trestle.pki.core.LeafRequest;
import io.trestle.pki.core.MalformedRequestException;
import io.vertx.core.Future;
import io.vertx.core.WorkerExecutor;
import java.security.Provider;
import java.security.PublicKey;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One authority at work: cryptography on workers, the lifetime as the settings say. Safe from any
 * thread.
 *
 * <p>A kernel that issues many leaves, because a fleet comes up, verifies requests and signs with a
 * native library from then on; one that issues a few would wait longer for the library than it
 * saves.
 */
final class Issuer {
  private static final Logger LOG = LoggerFactory.getLogger(Issuer.class);

  /** Leaves until the library is worth being unpacked and loaded. */
  static final int MANY = 32;

  private final AtomicInteger issued = new AtomicInteger();
  private volatile CertificateAuthority authority;
  private volatile @Nullable Provider library;
  private final WorkerExecutor workers;
  private final Supplier<Duration> lifetime;
  private final Clock clock;

  Issuer(
      CertificateAuthority authority,
      WorkerExecutor workers,
      Supplier<Duration> lifetime,
      Clock clock) {
    this.authority = authority;
    this.workers = workers;
    this.lifetime = lifetime;
    this.clock = clock;
  }

  /**
   * The public key of a request that proves its private key; {@link Refused} INVALID for any other.
   */
  Future<PublicKey> keyOf(byte[] csr) {
    return work(() -> LeafRequest.parse(csr, library).publicKey());
  }

  /** A leaf for an instance. */
  Future<IssuedCertificate> leaf(UUID serviceId, UUID instanceId, PublicKey key) {
    if (issued.incrementAndGet() == MANY) {
      signNatively();
    }
    return work(
        () -> {
          LeafProfile profile =
              LeafProfile.ofInstance(serviceId, instanceId, lifetime.get().toMillis());
          return authority.issue(profile, key, clock.millis());
        });
  }

  private void signNatively() {
    workers
        .executeBlocking(this::useLibrary, false)
        .onSuccess(used -> LOG.info("leaves are signed by library={}", used ? "AWS-LC" : "JDK"))
        .onFailure(failure -> LOG.warn("no native signatures, the JDK goes on signing", failure));
  }

  private boolean useLibrary() {
    Provider loaded = NativeSignatures.load().orElse(null);
    CertificateAuthority quick = loaded == null ? null : authority.signingWith(loaded).orElse(null);
    if (quick == null) {
      return false;
    }
    authority = quick;
    library = loaded;
    return true;
  }

  /** The authority that signs. */
  CertificateAuthority authority() {
    return authority;
  }

  private <T> Future<T> work(Callable<T> cryptography) {
    return workers
        .executeBlocking(cryptography, false)
        .recover(failure -> Future.failedFuture(translated(failure)));
  }

  private static Throwable translated(Throwable failure) {
    if (failure instanceof MalformedRequestException) {
      return Refused.of(Reason.INVALID, String.valueOf(failure.getMessage()));
    }
    return failure instanceof RejectedExecutionException
        ? Refused.of(Reason.UNAVAILABLE, "the runtime is stopping")
        : failure;
  }
}
