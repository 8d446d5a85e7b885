package io.trestle.benchmarks.worker;

import com.google.protobuf.ByteString;
import io.trestle.protocol.BootstrapKey;
import io.trestle.protocol.CertificateRequest;
import io.trestle.protocol.HostPort;
import io.trestle.protocol.Methods;
import io.trestle.protocol.transport.Identity;
import io.trestle.protocol.v1.ProvisionRequest;
import io.trestle.protocol.v1.ProvisionResponse;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.ByteArrayInputStream;
import java.security.KeyPair;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;

/**
 * A bootstrap key and a key pair on their way to a certificate, without the SDK: as it does, over a
 * connection of its own that shows no certificate.
 */
final class Provision {
  private final BootstrapKey key;
  private final KeyPair keys = CertificateRequest.newKeyPair();
  private final ByteString request = ByteString.copyFrom(CertificateRequest.create(keys));

  Provision(BootstrapKey key) {
    this.key = key;
  }

  /** What the runtime issued. */
  record Issued(Identity identity, X509Certificate ca, String instanceId) {}

  /** Asks the runtime at an address. */
  Future<Issued> ask(Strangers strangers, HostPort runtime) {
    ProvisionRequest message =
        ProvisionRequest.newBuilder()
            .setKeyId(ByteString.copyFrom(key.keyId()))
            .setSecret(ByteString.copyFrom(key.secret()))
            .setCsrDer(request)
            .build();
    return strangers.ask(runtime, Methods.PROVISION, message).map(this::issued);
  }

  /** One certificate for a process that needs no more; blocking. */
  static Issued once(Vertx vertx, String url, String key) {
    BootstrapKey parsed = BootstrapKey.parse(key);
    Strangers strangers = new Strangers(vertx, parsed.ca());
    return Waiting.on(new Provision(parsed).ask(strangers, address(url)));
  }

  static HostPort address(String url) {
    return HostPort.parse(url).orElseThrow(() -> new IllegalArgumentException("url: " + url));
  }

  private Issued issued(ProvisionResponse response) {
    try {
      X509Certificate leaf =
          (X509Certificate)
              CertificateFactory.getInstance("X.509")
                  .generateCertificate(
                      new ByteArrayInputStream(response.getCertDer().toByteArray()));
      return new Issued(Identity.of(keys.getPrivate(), leaf), key.ca(), response.getInstanceId());
    } catch (CertificateException e) {
      throw new IllegalStateException("the runtime issued no certificate", e);
    }
  }
}
