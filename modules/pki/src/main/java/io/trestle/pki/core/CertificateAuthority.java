package io.trestle.pki.core;

import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.ProviderException;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Date;
import java.util.Optional;
import java.util.stream.Stream;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AuthorityKeyIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;

/**
 * One certificate authority: a self-signed certificate and its key. It signs leaves and nothing
 * else; there are no intermediates and no revocation lists, since every call is checked against the
 * live access state.
 *
 * <p>The certificate is inside every bootstrap key that was ever handed out, so it is made once per
 * installation and never replaced silently: a stored authority that cannot be used stops the start
 * ({@link #load}), it is not made anew. For the same reason it is as plain as a root can be: P-256
 * and SHA-256, because both TLS engines and every SDK verify them; a path length of 0; no extended
 * key usage and no name constraints, because verifiers build chains with it as their only root and
 * would hold its constraints against the leaf.
 *
 * <p>A leaf is made from a bare public key. Whatever a certificate request says about names is not
 * even a parameter here: the identity is what the caller of {@link #issue} knows from the key row.
 * Each leaf is backdated by two minutes for clients with a slow clock. Its expiry is a whole
 * second, because that is what X.509 stores, and the same number is reported to the client and kept
 * in the database. It never outlives the authority.
 *
 * <p>There is no static authority: an installation may hold several (row 1 of {@code runtime_ca} is
 * the one of {@code servicebridge.v1}). Instances are immutable and safe from any thread; issuing
 * costs up to a millisecond and belongs on a worker.
 *
 * <p>It signs with the JDK, whose P-256 is built to take the same time for every nonce, or with a
 * provider of the same promise ({@link #signingWith}). BouncyCastle's promises that less strictly,
 * and the key of an authority is the one secret that must not leak. A fresh leaf is not parsed
 * again, since only its bytes are wanted.
 */
@SuppressWarnings("JavaUtilDate") // the certificate builder speaks no other
public final class CertificateAuthority {
  private static final String SIGNATURE = "SHA256withECDSA";
  private static final String SUBJECT = "CN=Trestle CA";
  private static final int LIFETIME_YEARS = 20;
  private static final long BACKDATED_MILLIS = 120_000;
  private static final int SERIAL_BITS = 126;

  private final X509Certificate certificate;
  private final PrivateKey key;
  private final X500Name name;
  private final AuthorityKeyIdentifier keyIdentifier;
  private final SecureRandom random;
  private final @Nullable Provider signer;

  /** The same key; a provider's own kind of it where that one signs. */
  private final PrivateKey signingKey;

  private CertificateAuthority(
      X509Certificate certificate,
      PrivateKey key,
      SecureRandom random,
      @Nullable Provider signer,
      PrivateKey signingKey) {
    this.certificate = certificate;
    this.key = key;
    this.signer = signer;
    this.signingKey = signingKey;
    this.name = X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded());
    this.keyIdentifier = identifierOf(certificate);
    this.random = random;
  }

  /** Makes a new authority with a key of its own, valid for 20 years. */
  public static CertificateAuthority create(long nowMillis, SecureRandom random) {
    KeyPair pair = newKeyPair(random);
    X500Name name = new X500Name(SUBJECT);
    Instant now = Instant.ofEpochMilli(nowMillis);
    Date notAfter = Date.from(now.atOffset(ZoneOffset.UTC).plusYears(LIFETIME_YEARS).toInstant());
    X509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            name, serial(random), backdated(nowMillis), notAfter, name, pair.getPublic());
    try {
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
      builder.addExtension(
          Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
      builder.addExtension(
          Extension.subjectKeyIdentifier,
          false,
          new JcaX509ExtensionUtils().createSubjectKeyIdentifier(pair.getPublic()));
    } catch (IOException | NoSuchAlgorithmException e) {
      throw new IllegalStateException("the authority could not be made", e);
    }
    IssuedCertificate issued = sign(builder, pair.getPrivate(), random, null);
    return plain(issued.certificate(), pair.getPrivate(), random);
  }

  /**
   * Takes up a stored authority.
   *
   * @param name where it is stored, for the message of a refusal
   * @throws AuthorityException when it does not parse, does not match its key, is no authority or
   *     is expired
   */
  public static CertificateAuthority load(
      String name, byte[] certificateDer, byte[] keyDer, long nowMillis, SecureRandom random) {
    StoredAuthority stored = StoredAuthority.check(name, certificateDer, keyDer, nowMillis);
    return plain(stored.certificate(), stored.key(), random);
  }

  private static CertificateAuthority plain(
      X509Certificate certificate, PrivateKey key, SecureRandom random) {
    return new CertificateAuthority(certificate, key, random, null, key);
  }

  /**
   * The same authority, signing with the ECDSA of a provider whose time does not depend on the
   * secrets; empty when what it signs does not verify with the JDK.
   */
  public Optional<CertificateAuthority> signingWith(Provider provider) {
    try {
      PrivateKey own = (PrivateKey) KeyFactory.getInstance("EC", provider).translateKey(key);
      return StoredAuthority.isPair(certificate.getPublicKey(), own, provider)
          ? Optional.of(new CertificateAuthority(certificate, key, random, provider, own))
          : Optional.empty();
    } catch (GeneralSecurityException | ProviderException e) {
      return Optional.empty();
    }
  }

  /** Its certificate. */
  public X509Certificate certificate() {
    return certificate;
  }

  /** Its certificate as DER: what bootstrap keys and {@code ca_chain_der} hold. */
  public byte[] certificateDer() {
    try {
      return certificate.getEncoded();
    } catch (CertificateEncodingException e) {
      throw new IllegalStateException("a parsed certificate has no encoding", e);
    }
  }

  /** Its private key as PKCS#8 DER, unencrypted: for {@code runtime_ca.key_der} alone. */
  public byte[] keyDer() {
    return key.getEncoded();
  }

  /** Signs a leaf over a public key whose holder is known to be as the profile says. */
  public IssuedCertificate issue(LeafProfile profile, PublicKey publicKey, long nowMillis) {
    X509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            name,
            serial(random),
            backdated(nowMillis),
            expiry(nowMillis, profile.lifetimeMillis()),
            new X500Name("CN=" + profile.commonName()),
            publicKey);
    try {
      addLeafExtensions(builder, profile);
    } catch (IOException e) {
      throw new IllegalStateException("no leaf for " + profile.id(), e);
    }
    return sign(builder, signingKey, random, signer);
  }

  /** A fresh P-256 key pair, as for the runtime's own leaf. */
  public static KeyPair newKeyPair(SecureRandom random) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"), random);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no P-256", e);
    }
  }

  private void addLeafExtensions(X509v3CertificateBuilder builder, LeafProfile profile)
      throws IOException {
    KeyPurposeId[] purposes = {KeyPurposeId.id_kp_clientAuth, KeyPurposeId.id_kp_serverAuth};
    builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
    builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
    builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purposes));
    builder.addExtension(Extension.subjectAlternativeName, false, names(profile));
    builder.addExtension(Extension.authorityKeyIdentifier, false, keyIdentifier);
  }

  private static GeneralNames names(LeafProfile profile) {
    Stream<GeneralName> uri =
        Stream.of(new GeneralName(GeneralName.uniformResourceIdentifier, profile.id().uri()));
    Stream<GeneralName> dns =
        profile.dnsNames().stream().map(name -> new GeneralName(GeneralName.dNSName, name));
    Stream<GeneralName> addresses =
        profile.addresses().stream().map(ip -> new GeneralName(GeneralName.iPAddress, ip));
    return new GeneralNames(
        Stream.of(uri, dns, addresses).flatMap(names -> names).toArray(GeneralName[]::new));
  }

  /** Up to the next whole second, so that a lifetime is never shorter than asked for. */
  private Date expiry(long nowMillis, long lifetimeMillis) {
    long end = certificate.getNotAfter().toInstant().toEpochMilli();
    long wanted = -Math.floorDiv(-(nowMillis + lifetimeMillis), 1000L) * 1000L;
    return Date.from(Instant.ofEpochMilli(Math.min(wanted, end)));
  }

  private static Date backdated(long nowMillis) {
    return Date.from(Instant.ofEpochMilli(nowMillis - BACKDATED_MILLIS));
  }

  /** Positive, random, and never so short that it looks like a counter. */
  private static BigInteger serial(SecureRandom random) {
    return new BigInteger(SERIAL_BITS, random).setBit(SERIAL_BITS);
  }

  private static IssuedCertificate sign(
      X509v3CertificateBuilder builder,
      PrivateKey key,
      SecureRandom random,
      @Nullable Provider provider) {
    try {
      var signer = new JcaContentSignerBuilder(SIGNATURE).setSecureRandom(random);
      if (provider != null) {
        signer.setProvider(provider);
      }
      X509CertificateHolder signed = builder.build(signer.build(key));
      return new IssuedCertificate(signed.getEncoded(), signed.getNotAfter().getTime());
    } catch (OperatorCreationException | IOException e) {
      throw new IllegalStateException("signing failed", e);
    }
  }

  private static AuthorityKeyIdentifier identifierOf(X509Certificate certificate) {
    try {
      var extensions = new JcaX509CertificateHolder(certificate).getExtensions();
      SubjectKeyIdentifier own =
          extensions == null ? null : SubjectKeyIdentifier.fromExtensions(extensions);
      return own == null
          ? new JcaX509ExtensionUtils().createAuthorityKeyIdentifier(certificate.getPublicKey())
          : new AuthorityKeyIdentifier(own.getKeyIdentifier());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a parsed certificate has no encoding", e);
    }
  }
}
