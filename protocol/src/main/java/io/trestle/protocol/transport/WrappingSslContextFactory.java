package io.trestle.protocol.transport;

import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.vertx.core.spi.tls.SslContextFactory;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;

/**
 * Builds what another factory builds, with something put around it.
 *
 * @param delegate is told everything
 * @param wrap is given each context that the delegate makes
 */
public record WrappingSslContextFactory(SslContextFactory delegate, UnaryOperator<SslContext> wrap)
    implements SslContextFactory {
  @Override
  public SslContextFactory useAlpn(boolean useAlpn) {
    delegate.useAlpn(useAlpn);
    return this;
  }

  @Override
  public SslContextFactory clientAuth(ClientAuth clientAuth) {
    delegate.clientAuth(clientAuth);
    return this;
  }

  @Override
  public SslContextFactory forClient(boolean forClient) {
    delegate.forClient(forClient);
    return this;
  }

  @Override
  public SslContextFactory keyMananagerFactory(KeyManagerFactory factory) {
    delegate.keyMananagerFactory(factory);
    return this;
  }

  @Override
  public SslContextFactory trustManagerFactory(TrustManagerFactory factory) {
    delegate.trustManagerFactory(factory);
    return this;
  }

  @Override
  public SslContextFactory enabledCipherSuites(Set<String> suites) {
    delegate.enabledCipherSuites(suites);
    return this;
  }

  @Override
  public SslContextFactory applicationProtocols(List<String> protocols) {
    delegate.applicationProtocols(protocols);
    return this;
  }

  @Override
  public SslContextFactory serverName(String name) {
    delegate.serverName(name);
    return this;
  }

  @Override
  public SslContext create() throws SSLException {
    return wrap.apply(delegate.create());
  }
}
