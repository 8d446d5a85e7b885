package io.trestle.protocol.transport;

import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.OpenSslCachingX509KeyManagerFactory;
import java.net.Socket;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.cert.X509Certificate;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.KeyManagerFactorySpi;
import javax.net.ssl.ManagerFactoryParameters;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * A key manager with one identity and no choice. It replaces PEM options, which cost about 12 ms
 * per use and put the key into text. The factory is our own because the one that Vert.x wraps
 * around a bare key manager cannot be loaded without slf4j, which the SDK does not bring.
 */
final class IdentityKeyManager extends X509ExtendedKeyManager {
  private static final String ALIAS = "leaf";

  private final PrivateKey key;
  private final X509Certificate[] chain;

  IdentityKeyManager(Identity identity) {
    this.key = identity.key();
    this.chain = identity.chain().toArray(new X509Certificate[0]);
  }

  @Override
  public String chooseEngineClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    return ALIAS;
  }

  @Override
  public @Nullable String chooseEngineServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    return keyType.startsWith("EC") ? ALIAS : null;
  }

  @Override
  public String chooseClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return ALIAS;
  }

  @Override
  public @Nullable String chooseServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return keyType.startsWith("EC") ? ALIAS : null;
  }

  @Override
  public String[] getClientAliases(String keyType, Principal @Nullable [] issuers) {
    return new String[] {ALIAS};
  }

  @Override
  public String[] getServerAliases(String keyType, Principal @Nullable [] issuers) {
    return new String[] {ALIAS};
  }

  @Override
  public X509Certificate[] getCertificateChain(String alias) {
    return chain.clone();
  }

  @Override
  public PrivateKey getPrivateKey(String alias) {
    return key;
  }

  /**
   * The factory of this manager. BoringSSL takes keys and chains in a form of its own; without the
   * cache it would be made anew in each handshake.
   */
  KeyManagerFactory factory() {
    KeyManagerFactory factory = new Factory(this);
    return OpenSsl.isAvailable() ? new OpenSslCachingX509KeyManagerFactory(factory) : factory;
  }

  private static final class Factory extends KeyManagerFactory {
    private static final Provider PROVIDER =
        new Provider("trestle-identity", "1", "one key manager") {
          private static final long serialVersionUID = 1L;
        };

    Factory(IdentityKeyManager manager) {
      super(new Spi(manager), PROVIDER, "identity");
    }
  }

  /** Ready from the start: initialising it changes nothing. */
  private static final class Spi extends KeyManagerFactorySpi {
    private final IdentityKeyManager manager;

    Spi(IdentityKeyManager manager) {
      this.manager = manager;
    }

    @Override
    protected void engineInit(@Nullable KeyStore store, char @Nullable [] password) {
      // The identity is there already.
    }

    @Override
    protected void engineInit(@Nullable ManagerFactoryParameters parameters) {
      // The identity is there already.
    }

    @Override
    protected KeyManager[] engineGetKeyManagers() {
      return new KeyManager[] {manager};
    }
  }
}
