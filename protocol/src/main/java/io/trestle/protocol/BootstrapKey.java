package io.trestle.protocol;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.trestle.protocol.BootstrapKeyException.Fault;
import io.trestle.protocol.v1.BootstrapKeyPayload;
import java.io.ByteArrayInputStream;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Base64;

/**
 * What an operator hands to a service: who it is, the proof of it, and whom to trust (wire.md 2).
 * The text form is {@code sb.} and the base64url of a {@code BootstrapKeyPayload}, without padding.
 * {@link #toString} shows neither the secret nor the text form.
 */
public final class BootstrapKey {
  /** Length of the key id, in bytes. */
  public static final int KEY_ID_LENGTH = 8;

  /** Length of the secret, in bytes. */
  public static final int SECRET_LENGTH = 32;

  private static final String PREFIX = "sb.";
  private static final String GENERATION_1_PREFIX = "sbv2.";

  private final byte[] keyId;
  private final byte[] secret;
  private final X509Certificate ca;

  private BootstrapKey(byte[] keyId, byte[] secret, X509Certificate ca) {
    this.keyId = keyId;
    this.secret = secret;
    this.ca = ca;
  }

  /**
   * A key of its parts.
   *
   * @param keyId exactly 8 bytes
   * @param secret exactly 32 bytes
   * @param ca the CA of the installation
   * @throws BootstrapKeyException if a length is wrong
   */
  public static BootstrapKey of(byte[] keyId, byte[] secret, X509Certificate ca) {
    checkLength(Fault.KEY_ID, keyId, KEY_ID_LENGTH);
    checkLength(Fault.SECRET, secret, SECRET_LENGTH);
    return new BootstrapKey(keyId.clone(), secret.clone(), ca);
  }

  /**
   * Reads the text form.
   *
   * @throws BootstrapKeyException if the text is not exactly a key; its message never contains any
   *     part of the text
   */
  public static BootstrapKey parse(String text) {
    BootstrapKeyPayload payload = payload(decode(text));
    byte[] keyId = payload.getKeyId().toByteArray();
    byte[] secret = payload.getSecret().toByteArray();
    checkLength(Fault.KEY_ID, keyId, KEY_ID_LENGTH);
    checkLength(Fault.SECRET, secret, SECRET_LENGTH);
    return new BootstrapKey(keyId, secret, certificate(payload.getCaCertDer().toByteArray()));
  }

  /** The text form. Shown once, to the person who creates the key. */
  public String format() {
    try {
      BootstrapKeyPayload payload =
          BootstrapKeyPayload.newBuilder()
              .setKeyId(ByteString.copyFrom(keyId))
              .setSecret(ByteString.copyFrom(secret))
              .setCaCertDer(ByteString.copyFrom(ca.getEncoded()))
              .build();
      return PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(payload.toByteArray());
    } catch (CertificateEncodingException e) {
      throw new BootstrapKeyException(Fault.CA, "the CA certificate cannot be encoded");
    }
  }

  /** A copy of the key id; not secret. */
  public byte[] keyId() {
    return keyId.clone();
  }

  /** A copy of the secret. */
  public byte[] secret() {
    return secret.clone();
  }

  /** The one root of trust. */
  public X509Certificate ca() {
    return ca;
  }

  @Override
  public String toString() {
    StringBuilder hex = new StringBuilder("BootstrapKey[keyId=");
    for (byte b : keyId) {
      hex.append(Character.forDigit((b >> 4) & 0xf, 16)).append(Character.forDigit(b & 0xf, 16));
    }
    return hex.append(", secret=***]").toString();
  }

  private static byte[] decode(String text) {
    if (text.startsWith(GENERATION_1_PREFIX)) {
      throw new BootstrapKeyException(
          Fault.GENERATION_1, "key of generation 1, issue a new key (expected: sb.…)");
    }
    if (!text.startsWith(PREFIX)) {
      throw new BootstrapKeyException(Fault.PREFIX, "the key does not begin with sb.");
    }
    String body = text.substring(PREFIX.length());
    try {
      if (body.indexOf('=') < 0) {
        return Base64.getUrlDecoder().decode(body);
      }
    } catch (IllegalArgumentException e) {
      // Its text may quote the key; ours follows.
    }
    throw new BootstrapKeyException(
        Fault.ENCODING, "the key is not base64url without padding; was it cut or wrapped?");
  }

  private static BootstrapKeyPayload payload(byte[] bytes) {
    try {
      return BootstrapKeyPayload.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      // The exception holds what was read so far, so it is not kept as the cause.
      throw new BootstrapKeyException(Fault.PAYLOAD, "the key does not decode; was it cut?");
    }
  }

  private static X509Certificate certificate(byte[] der) {
    try {
      X509Certificate ca =
          (X509Certificate)
              CertificateFactory.getInstance("X.509")
                  .generateCertificate(new ByteArrayInputStream(der));
      // The factory also takes PEM and ignores what follows; a key holds exactly one, as DER.
      if (Arrays.equals(ca.getEncoded(), der)) {
        return ca;
      }
    } catch (CertificateException e) {
      // Answered below.
    }
    throw new BootstrapKeyException(Fault.CA, "the key holds no usable CA certificate");
  }

  private static void checkLength(Fault fault, byte[] part, int expected) {
    if (part.length != expected) {
      throw new BootstrapKeyException(
          fault,
          fault.part() + " length: " + part.length + " bytes (expected: " + expected + " bytes)");
    }
  }
}
