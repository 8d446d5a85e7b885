package io.trestle.protocol.transport;

import io.trestle.protocol.CertificateRequest;
import io.trestle.protocol.SpiffeId;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A throw-away CA for tests, and leaves of every shape below it. */
public final class TestCertificates {
  private static final SecureRandom RANDOM = new SecureRandom();

  private final KeyPair keys;
  private final X509Certificate ca;

  private TestCertificates(KeyPair keys, X509Certificate ca) {
    this.keys = keys;
    this.ca = ca;
  }

  /** A new self-signed P-256 CA, as wire.md 3.2 describes it. */
  public static TestCertificates create() {
    KeyPair keys = CertificateRequest.newKeyPair();
    X500Name name = new X500Name("CN=test CA " + new BigInteger(32, RANDOM).toString(16));
    Instant now = Instant.now();
    try {
      JcaX509v3CertificateBuilder builder =
          new JcaX509v3CertificateBuilder(
              name,
              serial(),
              Date.from(now.minus(Duration.ofMinutes(5))),
              Date.from(now.plus(Duration.ofDays(365))),
              name,
              keys.getPublic());
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
      builder.addExtension(
          Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
      return new TestCertificates(keys, sign(builder, keys.getPrivate()));
    } catch (CertIOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The CA certificate. */
  public X509Certificate ca() {
    return ca;
  }

  /** The key of the CA. */
  public PrivateKey caKey() {
    return keys.getPrivate();
  }

  /** The identity of the runtime: its URI, and the loopback names. */
  public Identity runtime() {
    return leaf().uri(SpiffeId.runtime().uri()).dns("localhost").identity();
  }

  /** The identity of an instance. */
  public Identity service(String serviceId, String instanceId) {
    return leaf().uri(SpiffeId.service(serviceId, instanceId).uri()).identity();
  }

  /** A leaf valid for an hour, with both usages and no name so far. */
  public Leaf leaf() {
    return new Leaf();
  }

  /** Builds one leaf. */
  public final class Leaf {
    private final List<GeneralName> names = new ArrayList<>();
    private List<KeyPurposeId> usages =
        List.of(KeyPurposeId.id_kp_clientAuth, KeyPurposeId.id_kp_serverAuth);
    private Instant notBefore = Instant.now().minus(Duration.ofMinutes(5));
    private Instant notAfter = Instant.now().plus(Duration.ofHours(1));

    private Leaf() {}

    /** Adds a URI name. */
    public Leaf uri(String uri) {
      names.add(new GeneralName(GeneralName.uniformResourceIdentifier, uri));
      return this;
    }

    /** Adds a DNS name. */
    public Leaf dns(String name) {
      names.add(new GeneralName(GeneralName.dNSName, name));
      return this;
    }

    /** For servers only. */
    public Leaf serverOnly() {
      usages = List.of(KeyPurposeId.id_kp_serverAuth);
      return this;
    }

    /** For clients only. */
    public Leaf clientOnly() {
      usages = List.of(KeyPurposeId.id_kp_clientAuth);
      return this;
    }

    /** Sets the validity. */
    public Leaf valid(Instant from, Instant to) {
      notBefore = from;
      notAfter = to;
      return this;
    }

    /** Expired an hour ago. */
    public Leaf expired() {
      Instant now = Instant.now();
      return valid(now.minus(Duration.ofHours(2)), now.minus(Duration.ofHours(1)));
    }

    /** Signs the leaf over a new key. */
    public Identity identity() {
      KeyPair leafKeys = CertificateRequest.newKeyPair();
      return Identity.of(leafKeys.getPrivate(), certificate(leafKeys.getPublic()));
    }

    /** Signs the leaf over a given key. */
    public X509Certificate certificate(PublicKey key) {
      try {
        JcaX509v3CertificateBuilder builder =
            new JcaX509v3CertificateBuilder(
                ca, serial(), Date.from(notBefore), Date.from(notAfter), new X500Name("CN=x"), key);
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
        builder.addExtension(
            Extension.extendedKeyUsage,
            false,
            new ExtendedKeyUsage(usages.toArray(new KeyPurposeId[0])));
        if (!names.isEmpty()) {
          builder.addExtension(
              Extension.subjectAlternativeName,
              false,
              new GeneralNames(names.toArray(new GeneralName[0])));
        }
        return sign(builder, keys.getPrivate());
      } catch (CertIOException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static BigInteger serial() {
    return new BigInteger(120, RANDOM).setBit(119);
  }

  private static X509Certificate sign(JcaX509v3CertificateBuilder builder, PrivateKey key) {
    try {
      return new JcaX509CertificateConverter()
          .getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key)));
    } catch (OperatorCreationException | GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
