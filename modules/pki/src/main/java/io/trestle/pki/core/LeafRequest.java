package io.trestle.pki.core;

import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Provider;
import java.security.Signature;
import java.security.SignatureException;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECFieldFp;
import java.security.spec.ECPoint;
import java.security.spec.X509EncodedKeySpec;
import java.util.Map;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.crypto.params.AsymmetricKeyParameter;
import org.bouncycastle.crypto.util.PublicKeyFactory;
import org.bouncycastle.operator.DefaultDigestAlgorithmIdentifierFinder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.bc.BcECContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.PKCSException;
import org.jspecify.annotations.Nullable;

/**
 * A PKCS#10 request, of which only the public key counts: it proves that the client holds the
 * private key. Subject, attributes and requested names are not read. Checking costs up to half a
 * millisecond and belongs on a worker.
 *
 * @param publicKey a point of P-256
 */
public record LeafRequest(ECPublicKey publicKey) {
  private static final Map<ASN1ObjectIdentifier, String> SIGNATURES =
      Map.of(
          X9ObjectIdentifiers.ecdsa_with_SHA256, "SHA256withECDSA",
          X9ObjectIdentifiers.ecdsa_with_SHA384, "SHA384withECDSA",
          X9ObjectIdentifiers.ecdsa_with_SHA512, "SHA512withECDSA");

  /**
   * The JDK of 17 verifies ten times slower; nothing here is secret, so speed is all that counts.
   */
  private static final BcECContentVerifierProviderBuilder VERIFIERS =
      new BcECContentVerifierProviderBuilder(new DefaultDigestAlgorithmIdentifierFinder());

  /**
   * Reads and verifies a request in DER.
   *
   * @param verifier whose ECDSA verifies; null for BouncyCastle's, which also stands in for one
   *     that fails
   */
  public static LeafRequest parse(byte[] der, @Nullable Provider verifier)
      throws MalformedRequestException {
    try {
      PKCS10CertificationRequest request = new PKCS10CertificationRequest(der);
      ECPublicKey key = keyOf(request.getSubjectPublicKeyInfo());
      String algorithm = SIGNATURES.get(request.getSignatureAlgorithm().getAlgorithm());
      if (algorithm == null) {
        throw new MalformedRequestException("csr_der: its signature is not ECDSA with SHA-2");
      }
      if (!verifies(request, key, algorithm, verifier)) {
        throw unverified();
      }
      return new LeafRequest(key);
    } catch (PKCSException e) {
      throw unverified();
    } catch (IOException | GeneralSecurityException | OperatorCreationException e) {
      throw notPkcs10();
    } catch (RuntimeException e) {
      // The parser answers some malformed input with unchecked exceptions; all of them mean the
      // same here, and none may reach the client as an internal error.
      throw notPkcs10();
    }
  }

  private static boolean verifies(
      PKCS10CertificationRequest request,
      ECPublicKey key,
      String algorithm,
      @Nullable Provider verifier)
      throws IOException, OperatorCreationException, PKCSException {
    if (verifier != null) {
      byte[] signed =
          request.toASN1Structure().getCertificationRequestInfo().getEncoded(ASN1Encoding.DER);
      try {
        Signature signature = Signature.getInstance(algorithm, verifier);
        signature.initVerify(key);
        signature.update(signed);
        return signature.verify(request.getSignature());
      } catch (SignatureException e) {
        return false;
      } catch (GeneralSecurityException | RuntimeException e) {
        // It cannot say, which is not the client's fault: BouncyCastle can.
      }
    }
    return request.isSignatureValid(VERIFIERS.build(bare(request)));
  }

  private static AsymmetricKeyParameter bare(PKCS10CertificationRequest request)
      throws IOException {
    return PublicKeyFactory.createKey(request.getSubjectPublicKeyInfo());
  }

  private static ECPublicKey keyOf(SubjectPublicKeyInfo info)
      throws GeneralSecurityException, IOException, MalformedRequestException {
    AlgorithmIdentifier algorithm = info.getAlgorithm();
    if (!X9ObjectIdentifiers.id_ecPublicKey.equals(algorithm.getAlgorithm())
        || !SECObjectIdentifiers.secp256r1.equals(algorithm.getParameters())) {
      throw new MalformedRequestException(
          "csr_der: its key is of another kind (expected: EC P-256)");
    }
    ECPublicKey key =
        (ECPublicKey)
            KeyFactory.getInstance("EC")
                .generatePublic(new X509EncodedKeySpec(info.getEncoded("DER")));
    if (!isOnCurve(key)) {
      throw new MalformedRequestException("csr_der: its key is no point of P-256");
    }
    return key;
  }

  /** The JDK decodes a point without asking whether it satisfies the curve's equation. */
  private static boolean isOnCurve(ECPublicKey key) {
    ECPoint point = key.getW();
    var curve = key.getParams().getCurve();
    BigInteger p = ((ECFieldFp) curve.getField()).getP();
    BigInteger x = point.getAffineX();
    BigInteger y = point.getAffineY();
    if (x.signum() < 0 || y.signum() < 0 || x.compareTo(p) >= 0 || y.compareTo(p) >= 0) {
      return false;
    }
    BigInteger right = x.multiply(x).add(curve.getA()).multiply(x).add(curve.getB()).mod(p);
    return y.multiply(y).mod(p).equals(right);
  }

  private static MalformedRequestException unverified() {
    return new MalformedRequestException("csr_der: its signature does not verify");
  }

  private static MalformedRequestException notPkcs10() {
    return new MalformedRequestException("csr_der: no PKCS#10 request in DER");
  }
}
