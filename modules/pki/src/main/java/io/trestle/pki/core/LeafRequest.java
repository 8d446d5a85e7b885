package io.trestle.pki.core;

import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECFieldFp;
import java.security.spec.ECPoint;
import java.security.spec.X509EncodedKeySpec;
import java.util.Set;
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

/**
 * A PKCS#10 request, of which only the public key counts: it proves that the client holds the
 * private key. Subject, attributes and requested names are not read. Checking costs about half a
 * millisecond and belongs on a worker.
 *
 * @param publicKey a point of P-256
 */
public record LeafRequest(ECPublicKey publicKey) {
  private static final Set<ASN1ObjectIdentifier> SIGNATURES =
      Set.of(
          X9ObjectIdentifiers.ecdsa_with_SHA256,
          X9ObjectIdentifiers.ecdsa_with_SHA384,
          X9ObjectIdentifiers.ecdsa_with_SHA512);

  /**
   * The JDK of 17 verifies ten times slower; nothing here is secret, so speed is all that counts.
   */
  private static final BcECContentVerifierProviderBuilder VERIFIERS =
      new BcECContentVerifierProviderBuilder(new DefaultDigestAlgorithmIdentifierFinder());

  /** Reads and verifies a request in DER. */
  public static LeafRequest parse(byte[] der) throws MalformedRequestException {
    try {
      PKCS10CertificationRequest request = new PKCS10CertificationRequest(der);
      ECPublicKey key = keyOf(request.getSubjectPublicKeyInfo());
      if (!SIGNATURES.contains(request.getSignatureAlgorithm().getAlgorithm())) {
        throw new MalformedRequestException("csr_der: its signature is not ECDSA with SHA-2");
      }
      if (!request.isSignatureValid(VERIFIERS.build(bare(request)))) {
        throw new MalformedRequestException("csr_der: its signature does not verify");
      }
      return new LeafRequest(key);
    } catch (IOException | GeneralSecurityException | OperatorCreationException e) {
      throw notPkcs10();
    } catch (PKCSException e) {
      throw new MalformedRequestException("csr_der: its signature does not verify");
    } catch (RuntimeException e) {
      // The parser answers some malformed input with unchecked exceptions; all of them mean the
      // same here, and none may reach the client as an internal error.
      throw notPkcs10();
    }
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

  private static MalformedRequestException notPkcs10() {
    return new MalformedRequestException("csr_der: no PKCS#10 request in DER");
  }
}
