package io.trestle.protocol.transport;

import io.vertx.core.net.KeyCertOptions;
import java.net.Socket;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.cert.X509Certificate;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.KeyManagerFactorySpi;
import javax.net.ssl.ManagerFactoryParameters;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * A foreign server's way to rotate: the leaf changes inside one TLS context, so that tickets stay
 * valid and a client that resumes would be let in without a handshake.
 */
public final class SwappingIdentity extends X509ExtendedKeyManager {
  /** Full handshakes so far; a resumed one needs no key. */
  public final AtomicInteger handshakes = new AtomicInteger();

  private volatile Identity current;

  /** Begins with this one. */
  public SwappingIdentity(Identity first) {
    this.current = first;
  }

  /** Shows another one from now on. */
  public void swap(Identity next) {
    current = next;
  }

  /** What a server is given. */
  public KeyCertOptions options() {
    KeyManagerFactorySpi spi =
        new KeyManagerFactorySpi() {
          @Override
          protected void engineInit(KeyStore store, char[] password) {}

          @Override
          protected void engineInit(ManagerFactoryParameters parameters) {}

          @Override
          protected KeyManager[] engineGetKeyManagers() {
            return new KeyManager[] {SwappingIdentity.this};
          }
        };
    return KeyCertOptions.wrap(new KeyManagerFactory(spi, new Provider("x", "1", "x") {}, "x") {});
  }

  @Override
  public @Nullable String chooseEngineServerAlias(
      String type, Principal[] issuers, SSLEngine engine) {
    return type.startsWith("EC") ? "leaf" : null;
  }

  @Override
  public X509Certificate[] getCertificateChain(String alias) {
    return current.chain().toArray(new X509Certificate[0]);
  }

  @Override
  public PrivateKey getPrivateKey(String alias) {
    handshakes.incrementAndGet();
    return current.key();
  }

  @Override
  public String chooseEngineClientAlias(String[] types, Principal[] issuers, SSLEngine engine) {
    return "leaf";
  }

  @Override
  public String[] getClientAliases(String type, Principal[] issuers) {
    return new String[] {"leaf"};
  }

  @Override
  public String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) {
    return "leaf";
  }

  @Override
  public String[] getServerAliases(String type, Principal[] issuers) {
    return new String[] {"leaf"};
  }

  @Override
  public String chooseServerAlias(String type, Principal[] issuers, Socket socket) {
    return "leaf";
  }
}
