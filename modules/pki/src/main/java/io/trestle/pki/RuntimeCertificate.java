package io.trestle.pki;

import io.trestle.kernel.Clock;
import io.trestle.pki.core.CertificateAuthority;
import io.trestle.pki.core.LeafProfile;
import io.trestle.protocol.transport.Identity;
import io.vertx.core.Future;
import io.vertx.core.WorkerExecutor;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The runtime's own certificate (wire.md 3.5): 30 days, over a key that lives in memory only,
 * renewed at half its life. Whoever shows it swaps it for new handshakes; nothing that is open
 * notices.
 */
final class RuntimeCertificate {
  private static final Logger LOG = LoggerFactory.getLogger(RuntimeCertificate.class);
  private static final Pattern DNS_NAME = Pattern.compile("[A-Za-z0-9_]([A-Za-z0-9._-]{0,252})");

  private final CertificateAuthority authority;
  private final WorkerExecutor workers;
  private final Clock clock;
  private final SecureRandom random;
  private final List<String> names;
  private final BiFunction<Identity, X509Certificate, Future<Void>> show;
  private long renewAtMillis = Long.MIN_VALUE;

  /**
   * Prepares the certificate.
   *
   * @param names further DNS names of this runtime
   * @param show puts a certificate and the authority to trust in force
   */
  RuntimeCertificate(
      CertificateAuthority authority,
      WorkerExecutor workers,
      Clock clock,
      SecureRandom random,
      List<String> names,
      BiFunction<Identity, X509Certificate, Future<Void>> show) {
    this.authority = authority;
    this.workers = workers;
    this.clock = clock;
    this.random = random;
    this.names = names;
    this.show = show;
  }

  /** Issues and shows a certificate when there is none or its half life is over. On one context. */
  Future<Void> renewIfDue() {
    long now = clock.millis();
    if (now < renewAtMillis) {
      return Future.succeededFuture();
    }
    return workers.executeBlocking(() -> issue(now), false).compose(made -> take(made, now));
  }

  private Identity issue(long now) {
    KeyPair pair = CertificateAuthority.newKeyPair(random);
    Set<String> all = new LinkedHashSet<>(List.of("localhost"));
    all.addAll(hostName());
    all.addAll(names);
    LeafProfile profile = LeafProfile.ofRuntime(List.copyOf(all));
    X509Certificate leaf = authority.issue(profile, pair.getPublic(), now).certificate();
    return Identity.of(pair.getPrivate(), leaf);
  }

  private Future<Void> take(Identity identity, long now) {
    long notAfter = identity.leaf().getNotAfter().toInstant().toEpochMilli();
    return show.apply(identity, authority.certificate())
        .onSuccess(
            shown -> {
              renewAtMillis = now + (notAfter - now) / 2;
              LOG.info("runtime certificate in force not_after={}", Instant.ofEpochMilli(notAfter));
            });
  }

  private static List<String> hostName() {
    try {
      String name = InetAddress.getLocalHost().getHostName();
      return DNS_NAME.matcher(name).matches() ? List.of(name) : List.of();
    } catch (UnknownHostException e) {
      return List.of();
    }
  }
}
