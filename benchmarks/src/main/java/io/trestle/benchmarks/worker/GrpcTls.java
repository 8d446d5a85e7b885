package io.trestle.benchmarks.worker;

import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.netty.handler.ssl.ClientAuth;
import io.grpc.netty.shaded.io.netty.handler.ssl.OpenSsl;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509TrustManager;

/** Mutual TLS 1.3 for grpc-java, with BoringSSL and a certificate of the same runtime. */
final class GrpcTls {
  private static final String PROTOCOL = "TLSv1.3";

  private GrpcTls() {}

  static SslContext server(Provision.Issued own) throws SSLException {
    requireBoring();
    return GrpcSslContexts.configure(
            SslContextBuilder.forServer(own.identity().key(), own.identity().leaf()),
            SslProvider.OPENSSL)
        .trustManager(own.ca())
        .clientAuth(ClientAuth.REQUIRE)
        .protocols(PROTOCOL)
        .build();
  }

  static SslContext client(Provision.Issued own) throws SSLException {
    requireBoring();
    return GrpcSslContexts.configure(SslContextBuilder.forClient(), SslProvider.OPENSSL)
        .keyManager(own.identity().key(), own.identity().leaf())
        .trustManager(new AnyName(own.ca()))
        .protocols(PROTOCOL)
        .build();
  }

  /** The comparison is with its fastest engine or not at all. */
  private static void requireBoring() {
    if (!OpenSsl.isAvailable()) {
      throw new IllegalStateException(
          "grpc-java runs without BoringSSL here", OpenSsl.unavailabilityCause());
    }
  }

  /** Checks the chain as usual, but no host name: our certificates name instances, not hosts. */
  private static final class AnyName extends X509ExtendedTrustManager {
    private final X509TrustManager chains;

    AnyName(X509Certificate ca) {
      try {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry("ca", ca);
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(store);
        chains = (X509TrustManager) factory.getTrustManagers()[0];
      } catch (GeneralSecurityException | IOException e) {
        throw new IllegalStateException("ca: unusable as the root of trust", e);
      }
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type)
        throws CertificateException {
      chains.checkClientTrusted(chain, type);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type)
        throws CertificateException {
      chains.checkServerTrusted(chain, type);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
        throws CertificateException {
      chains.checkClientTrusted(chain, type);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
        throws CertificateException {
      chains.checkServerTrusted(chain, type);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
        throws CertificateException {
      chains.checkClientTrusted(chain, type);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
        throws CertificateException {
      chains.checkServerTrusted(chain, type);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return chains.getAcceptedIssuers();
    }
  }
}
