package io.trestle.pki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.trestle.kernel.Clock;
import io.trestle.pki.core.CertificateAuthority;
import io.trestle.pki.core.IssuedCertificate;
import io.vertx.core.Vertx;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Locale;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which library signs, with the real ones. */
class IssuerTest {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final Clock CLOCK = Clock.system();
  private static final PublicKey KEY = CertificateAuthority.newKeyPair(RANDOM).getPublic();

  private final CertificateAuthority authority =
      CertificateAuthority.create(CLOCK.millis(), RANDOM);
  private final Vertx vertx = Vertx.vertx();
  private final Issuer issuer =
      new Issuer(
          authority,
          vertx.createSharedWorkerExecutor("issuer-test"),
          () -> Duration.ofHours(1),
          CLOCK);

  @AfterEach
  void stop() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @Test
  void leaf_fewOfThem_areSignedByTheJdk() throws Exception {
    for (int i = 1; i < Issuer.MANY; i++) {
      leaf();
    }

    assertThat(issuer.authority()).isSameAs(authority);
  }

  @Test
  void leaf_manyOfThem_areSignedByTheLibraryAndVerifyWithTheJdk() throws Exception {
    assumeTrue(hasLibrary(), "there is a library for this platform");
    for (int i = 0; i < Issuer.MANY; i++) {
      leaf();
    }
    await().until(() -> issuer.authority() != authority);

    X509Certificate quick = leaf();

    quick.verify(authority.certificate().getPublicKey(), "SunEC");
    assertThat(quick.getSigAlgName()).isEqualTo("SHA256withECDSA");
    assertThat(issuer.authority().certificate()).isEqualTo(authority.certificate());
  }

  private X509Certificate leaf() throws Exception {
    return issuer
        .leaf(UUID.randomUUID(), UUID.randomUUID(), KEY)
        .map(IssuedCertificate::certificate)
        .toCompletionStage()
        .toCompletableFuture()
        .get();
  }

  /** The jars that the build adds; musl is not among them. */
  private static boolean hasLibrary() {
    String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String processor = System.getProperty("os.arch");
    return system.equals("linux")
        ? processor.equals("amd64") || processor.equals("aarch64")
        : system.startsWith("mac") && processor.equals("aarch64");
  }
}
