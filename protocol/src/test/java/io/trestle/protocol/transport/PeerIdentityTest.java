package io.trestle.protocol.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.protocol.SpiffeId;
import org.junit.jupiter.api.Test;

class PeerIdentityTest {
  private static final String SERVICE = "spiffe://service-bridge/service/a/instance/b";

  private final TestCertificates certificates = TestCertificates.create();

  @Test
  void of_oneUri_known() {
    var leaf = certificates.leaf().dns("localhost").uri(SERVICE).identity().leaf();
    assertThat(PeerIdentity.of(leaf))
        .isEqualTo(new PeerIdentity.Known(SpiffeId.service("a", "b"), leaf));
    assertThat(PeerIdentity.of(certificates.runtime().leaf()).spiffeId())
        .contains(SpiffeId.runtime());
  }

  @Test
  void of_twoUrisEvenIdentical_unusable() {
    var leaf = certificates.leaf().uri(SERVICE).uri(SERVICE).identity().leaf();
    assertThat(PeerIdentity.of(leaf))
        .isEqualTo(new PeerIdentity.Unusable("more than one URI name"));
  }

  @Test
  void of_noUri_unusable() {
    assertThat(PeerIdentity.of(certificates.leaf().identity().leaf()))
        .isEqualTo(new PeerIdentity.Unusable("no URI name"));
    assertThat(PeerIdentity.of(certificates.leaf().dns("localhost").identity().leaf()))
        .isEqualTo(new PeerIdentity.Unusable("no URI name"));
  }

  @Test
  void of_foreignUri_unusable() {
    var leaf = certificates.leaf().uri("spiffe://servicebridge/runtime").identity().leaf();
    assertThat(PeerIdentity.of(leaf)).isEqualTo(new PeerIdentity.Unusable("foreign URI name"));
  }

  @Test
  void identity_toString_hidesTheKey() {
    Identity identity = certificates.runtime();
    assertThat(identity.toString())
        .doesNotContain(identity.key().toString())
        .startsWith("Identity[serial=");
  }
}
