package io.trestle.system.wire;

import com.google.protobuf.InvalidProtocolBufferException;
import io.trestle.protocol.v1.BootstrapKeyPayload;
import java.security.cert.X509Certificate;
import java.util.Base64;

/** A bootstrap key, read by the letter of wire.md 2.1. */
record WireKey(byte[] keyId, byte[] secret, byte[] caDer) {
  private static final String PREFIX = "sb.";

  static WireKey parse(String text) {
    if (!text.startsWith(PREFIX)) {
      throw new AssertionError("a key without the prefix sb.");
    }
    byte[] payload = Base64.getUrlDecoder().decode(text.substring(PREFIX.length()));
    try {
      BootstrapKeyPayload key = BootstrapKeyPayload.parseFrom(payload);
      return new WireKey(
          key.getKeyId().toByteArray(),
          key.getSecret().toByteArray(),
          key.getCaCertDer().toByteArray());
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError("a key whose body is no BootstrapKeyPayload", e);
    }
  }

  X509Certificate ca() {
    return Certificates.parse(caDer);
  }

  /** The same key with another secret. */
  WireKey withWrongSecret() {
    byte[] other = secret.clone();
    other[0] ^= 1;
    return new WireKey(keyId, other, caDer);
  }

  /** A key that nobody ever issued. */
  WireKey withUnknownId() {
    byte[] other = keyId.clone();
    other[0] ^= 1;
    return new WireKey(other, secret, caDer);
  }

  @Override
  public String toString() {
    return "WireKey";
  }
}
