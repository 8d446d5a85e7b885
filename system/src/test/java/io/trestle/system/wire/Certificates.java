package io.trestle.system.wire;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import org.jspecify.annotations.Nullable;

/** Keys, requests and certificates, made and read without anything of ours. */
@SuppressWarnings("JavaUtilDate") // the builders speak no other
final class Certificates {
  static final String RUNTIME_URI = "spiffe://service-bridge/runtime";
  static final String SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
  static final String CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

  private static final int URI_NAME = 6;
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final X500Name SUBJECT = new X500Name("CN=servicebridge-instance");

  private Certificates() {}

  static String serviceUri(String serviceId, String instanceId) {
    return "spiffe://service-bridge/service/" + serviceId + "/instance/" + instanceId;
  }

  // ---- reading

  /** The one certificate in these bytes; more bytes than that are refused. */
  static X509Certificate parse(byte[] der) {
    try {
      Collection<X509Certificate> all = new ArrayList<>();
      for (var certificate :
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(der))) {
        all.add((X509Certificate) certificate);
      }
      if (all.size() != 1) {
        throw new AssertionError(all.size() + " certificates (expected: 1)");
      }
      return all.iterator().next();
    } catch (CertificateException e) {
      throw new AssertionError("no certificate in DER", e);
    }
  }

  static byte[] der(X509Certificate certificate) {
    try {
      return certificate.getEncoded();
    } catch (CertificateException e) {
      throw new AssertionError(e);
    }
  }

  static PrivateKey privateKey(byte[] pkcs8) {
    try {
      return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** Every subject alternative name as {@code type:value}. */
  static List<String> names(X509Certificate certificate) {
    try {
      var names = certificate.getSubjectAlternativeNames();
      return names == null
          ? List.of()
          : names.stream().map(n -> n.get(0) + ":" + n.get(1)).toList();
    } catch (CertificateParsingException e) {
      throw new AssertionError(e);
    }
  }

  /** The URI names alone. */
  static List<String> uris(X509Certificate certificate) {
    String type = URI_NAME + ":";
    return names(certificate).stream()
        .filter(name -> name.startsWith(type))
        .map(name -> name.substring(type.length()))
        .toList();
  }

  static List<String> purposes(X509Certificate certificate) {
    try {
      List<String> purposes = certificate.getExtendedKeyUsage();
      return purposes == null ? List.of() : purposes;
    } catch (CertificateParsingException e) {
      throw new AssertionError(e);
    }
  }

  // ---- keys and requests

  static KeyPair p256() {
    return ec("secp256r1");
  }

  static KeyPair ec(String curve) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec(curve), RANDOM);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  static KeyPair rsa() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(2048, RANDOM);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** A request as SDKs make it. */
  static byte[] request(KeyPair keys) {
    return build(keys, SUBJECT, null);
  }

  /** A request that asks for a subject and names of its own. */
  static byte[] request(KeyPair keys, X500Name subject, String uri) {
    return build(
        keys,
        subject,
        new GeneralNames(
            new GeneralName[] {
              new GeneralName(GeneralName.uniformResourceIdentifier, uri),
              new GeneralName(GeneralName.dNSName, "evil.example")
            }));
  }

  private static byte[] build(KeyPair keys, X500Name subject, @Nullable GeneralNames names) {
    try {
      var builder = new JcaPKCS10CertificationRequestBuilder(subject, keys.getPublic());
      if (names != null) {
        ExtensionsGenerator wishes = new ExtensionsGenerator();
        wishes.addExtension(Extension.subjectAlternativeName, false, names);
        builder.addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, wishes.generate());
      }
      return builder.build(signer(keys.getPrivate())).getEncoded();
    } catch (IOException | OperatorCreationException e) {
      throw new AssertionError(e);
    }
  }

  // ---- authorities and forgeries

  /** A certificate with its key. */
  record Authority(X509Certificate certificate, PrivateKey key) {
    /** A leaf below it for any URI names. */
    WireIdentity leaf(String... uris) {
      KeyPair keys = p256();
      return new WireIdentity(keys.getPrivate(), sign(keys.getPublic(), uris), "", "");
    }

    private X509Certificate sign(PublicKey publicKey, String... uris) {
      Instant now = Instant.now();
      try {
        var builder =
            new JcaX509v3CertificateBuilder(
                certificate,
                new BigInteger(120, RANDOM),
                Date.from(now.minus(Duration.ofMinutes(2))),
                Date.from(now.plus(Duration.ofHours(1))),
                new X500Name("CN=a leaf of the test"),
                publicKey);
        List<GeneralName> names = new ArrayList<>();
        for (String uri : uris) {
          names.add(new GeneralName(GeneralName.uniformResourceIdentifier, uri));
        }
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
        builder.addExtension(
            Extension.extendedKeyUsage,
            false,
            new ExtendedKeyUsage(
                new KeyPurposeId[] {KeyPurposeId.id_kp_clientAuth, KeyPurposeId.id_kp_serverAuth}));
        builder.addExtension(
            Extension.subjectAlternativeName,
            false,
            new GeneralNames(names.toArray(new GeneralName[0])));
        return new JcaX509CertificateConverter().getCertificate(builder.build(signer(key)));
      } catch (IOException | GeneralSecurityException | OperatorCreationException e) {
        throw new AssertionError(e);
      }
    }
  }

  /** An authority that nobody knows, valid for this long; negative: it was. */
  static Authority authority(Duration validFor) {
    KeyPair keys = p256();
    X500Name name = new X500Name("CN=Trestle CA");
    Instant now = Instant.now();
    try {
      var builder =
          new JcaX509v3CertificateBuilder(
              name,
              new BigInteger(120, RANDOM),
              Date.from(now.minus(Duration.ofDays(10))),
              Date.from(now.plus(validFor)),
              name,
              keys.getPublic());
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
      builder.addExtension(
          Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
      X509Certificate certificate =
          new JcaX509CertificateConverter()
              .getCertificate(builder.build(signer(keys.getPrivate())));
      return new Authority(certificate, keys.getPrivate());
    } catch (IOException | GeneralSecurityException | OperatorCreationException e) {
      throw new AssertionError(e);
    }
  }

  private static ContentSigner signer(PrivateKey key) throws OperatorCreationException {
    String algorithm = key.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
    return new JcaContentSignerBuilder(algorithm).build(key);
  }
}
