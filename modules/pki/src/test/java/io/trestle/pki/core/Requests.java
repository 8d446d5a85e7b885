package io.trestle.pki.core;

import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.RSAKeyGenParameterSpec;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/** PKCS#10 requests, good and bad. */
public final class Requests {
  private static final String SUBJECT = "CN=servicebridge-instance";

  private Requests() {}

  /** A fresh key of a named curve. */
  public static KeyPair ecKey(String curve) {
    return generate("EC", new ECGenParameterSpec(curve));
  }

  /** What an SDK sends. */
  public static byte[] good(KeyPair key) {
    return signed(key, SUBJECT, "SHA256withECDSA", false);
  }

  /** As good, signed with another hash. */
  public static byte[] good(KeyPair key, String algorithm) {
    return signed(key, SUBJECT, algorithm, false);
  }

  /** With the public key of one pair, signed with the private one of another. */
  public static byte[] borrowed(KeyPair shown, KeyPair held) {
    return good(new KeyPair(shown.getPublic(), held.getPrivate()));
  }

  /** A good request over a fresh P-256 key. */
  public static byte[] good() {
    return good(ecKey("secp256r1"));
  }

  /** Asks for a subject and names that nobody grants. */
  public static byte[] pretentious(KeyPair key) {
    return signed(key, "CN=root,O=Elsewhere", "SHA256withECDSA", true);
  }

  /** Over an RSA key. */
  public static byte[] rsa() {
    KeyPair key = generate("RSA", new RSAKeyGenParameterSpec(2048, RSAKeyGenParameterSpec.F4));
    return signed(key, SUBJECT, "SHA256withRSA", false);
  }

  private static KeyPair generate(
      String algorithm, java.security.spec.AlgorithmParameterSpec parameters) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
      generator.initialize(parameters);
      return generator.generateKeyPair();
    } catch (java.security.GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] signed(KeyPair key, String subject, String algorithm, boolean names) {
    try {
      var builder =
          new JcaPKCS10CertificationRequestBuilder(new X500Name(subject), key.getPublic());
      if (names) {
        ExtensionsGenerator extensions = new ExtensionsGenerator();
        extensions.addExtension(
            Extension.subjectAlternativeName,
            false,
            new GeneralNames(
                new GeneralName[] {
                  new GeneralName(
                      GeneralName.uniformResourceIdentifier, "spiffe://service-bridge/runtime"),
                  new GeneralName(GeneralName.dNSName, "evil.example")
                }));
        builder.addAttribute(
            PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, extensions.generate());
      }
      return builder
          .build(new JcaContentSignerBuilder(algorithm).build(key.getPrivate()))
          .getEncoded();
    } catch (java.io.IOException | org.bouncycastle.operator.OperatorCreationException e) {
      throw new IllegalStateException(e);
    }
  }
}
