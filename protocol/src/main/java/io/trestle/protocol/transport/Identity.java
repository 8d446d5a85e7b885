package io.trestle.protocol.transport;

import io.vertx.core.net.KeyCertOptions;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Objects;

/**
 * What one end of a connection shows to the other: a P-256 private key and its certificate chain,
 * leaf first. The key never becomes text.
 *
 * @param key the private key of the leaf
 * @param chain the leaf, and optionally the certificates above it
 */
public record Identity(PrivateKey key, List<X509Certificate> chain) {

  /**
   * Copies the chain.
   *
   * @throws IllegalArgumentException if the chain is empty
   */
  public Identity {
    Objects.requireNonNull(key, "key");
    chain = List.copyOf(chain);
    if (chain.isEmpty()) {
      throw new IllegalArgumentException("chain: empty (expected: at least the leaf)");
    }
  }

  /** An identity that shows the leaf alone. */
  public static Identity of(PrivateKey key, X509Certificate leaf) {
    return new Identity(key, List.of(leaf));
  }

  /** The certificate that belongs to the key. */
  public X509Certificate leaf() {
    return chain.get(0);
  }

  /**
   * The key manager form for Vert.x. Two calls give two options that are not equal, so each builds
   * a TLS context of its own: a new leaf never hides behind a cached context.
   */
  public KeyCertOptions keyCertOptions() {
    return KeyCertOptions.wrap(new IdentityKeyManager(this).factory());
  }

  @Override
  public String toString() {
    return "Identity[serial="
        + leaf().getSerialNumber().toString(16)
        + ", notAfter="
        + leaf().getNotAfter().toInstant()
        + "]";
  }
}
