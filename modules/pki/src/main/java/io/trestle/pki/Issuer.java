package io.trestle.pki;

import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.kernel.Clock;
import io.trestle.kernel.settings.IdentitySettings;
import io.trestle.kernel.settings.Settings;
import io.trestle.pki.core.CertificateAuthority;
import io.trestle.pki.core.IssuedCertificate;
import io.trestle.pki.core.LeafProfile;
import io.trestle.pki.core.LeafRequest;
import io.trestle.pki.core.MalformedRequestException;
import io.vertx.core.Future;
import io.vertx.core.WorkerExecutor;
import java.security.PublicKey;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.RejectedExecutionException;

/**
 * One authority at work: cryptography on workers, the lifetime from the settings. Safe from any
 * thread.
 */
final class Issuer {
  private final CertificateAuthority authority;
  private final WorkerExecutor workers;
  private final Settings settings;
  private final Clock clock;

  Issuer(CertificateAuthority authority, WorkerExecutor workers, Settings settings, Clock clock) {
    this.authority = authority;
    this.workers = workers;
    this.settings = settings;
    this.clock = clock;
  }

  /**
   * The public key of a request that proves its private key; {@link Refused} INVALID for any other.
   */
  Future<PublicKey> keyOf(byte[] csr) {
    return work(() -> LeafRequest.parse(csr).publicKey());
  }

  /** A leaf for an instance. */
  Future<IssuedCertificate> leaf(UUID serviceId, UUID instanceId, PublicKey key) {
    return work(
        () -> {
          long lifetime = settings.get(IdentitySettings.LEAF_TTL).toMillis();
          LeafProfile profile = LeafProfile.ofInstance(serviceId, instanceId, lifetime);
          return authority.issue(profile, key, clock.millis());
        });
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
