package io.trestle.protocol;

import java.nio.charset.StandardCharsets;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;

/**
 * Writes the PKCS#10 request of {@code Provision} and {@code RefreshCert} (wire.md 3.1): version 1,
 * subject {@code CN=servicebridge-instance}, no attributes, P-256, signed with ecdsa-with-SHA256.
 * The request carries no wish: the name of the instance comes from the key or the certificate.
 */
public final class CertificateRequest {
  private static final String CURVE = "secp256r1";
  private static final int UTF8_STRING = 0x0c;
  private static final byte[] VERSION_1 = {0x02, 0x01, 0x00};
  private static final byte[] OID_COMMON_NAME = {0x06, 0x03, 0x55, 0x04, 0x03};
  private static final byte[] OID_ECDSA_WITH_SHA256 = {
    0x06, 0x08, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 0x04, 0x03, 0x02
  };

  /** The set of attributes is not optional in PKCS#10; ours is empty. */
  private static final byte[] NO_ATTRIBUTES = {(byte) 0xa0, 0x00};

  private static final byte[] SUBJECT =
      Der.sequence(
          Der.set(
              Der.sequence(
                  OID_COMMON_NAME,
                  Der.value(
                      UTF8_STRING, "servicebridge-instance".getBytes(StandardCharsets.US_ASCII)))));

  private CertificateRequest() {}

  /** A new P-256 key pair. Blocks for less than a millisecond. */
  public static KeyPair newKeyPair() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec(CURVE));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("P-256 is missing from this JDK", e);
    }
  }

  /**
   * The request, DER.
   *
   * @throws IllegalArgumentException if the keys are not of P-256
   */
  public static byte[] create(KeyPair keys) {
    try {
      checkCurve(keys.getPublic());
      byte[] info = Der.sequence(VERSION_1, SUBJECT, keys.getPublic().getEncoded(), NO_ATTRIBUTES);
      Signature signature = Signature.getInstance("SHA256withECDSA");
      signature.initSign(keys.getPrivate());
      signature.update(info);
      return Der.sequence(info, Der.sequence(OID_ECDSA_WITH_SHA256), Der.bits(signature.sign()));
    } catch (InvalidKeyException e) {
      throw new IllegalArgumentException("keys: unusable (expected: a P-256 pair)", e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("SHA256withECDSA is missing from this JDK", e);
    }
  }

  private static void checkCurve(PublicKey key) throws GeneralSecurityException {
    AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
    parameters.init(new ECGenParameterSpec(CURVE));
    ECParameterSpec p256 = parameters.getParameterSpec(ECParameterSpec.class);
    boolean same =
        key instanceof ECPublicKey ec
            && ec.getParams().getCurve().equals(p256.getCurve())
            && ec.getParams().getGenerator().equals(p256.getGenerator())
            && ec.getParams().getOrder().equals(p256.getOrder());
    if (!same) {
      throw new IllegalArgumentException("keys: " + key.getAlgorithm() + " (expected: P-256)");
    }
  }
}
