package io.trestle.protocol.transport;

import io.netty.channel.Channel;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.impl.HttpServerConnection;
import io.vertx.core.net.ServerSSLOptions;
import io.vertx.core.net.TrustOptions;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * Every setting of every connection of the protocol, in one place, for kernel and SDK alike.
 *
 * <p>TLS 1.3 and HTTP/2 only. Trust is exactly one CA certificate: the roots of the system are
 * unused, host names are not checked, and the standard trust manager demands serverAuth of servers
 * and clientAuth of clients. <em>Who</em> the other end is, is not decided here: {@link
 * PeerIdentity} tells, and clients that know whom they want compare it ({@code PinnedChannel}).
 *
 * <p>The sizes close what the defaults leave open: with windows of 64 KiB a stream cannot use a
 * fast network, 8 KiB of headers is less than the 16 KiB that the specification promises, 100
 * streams is too few, and 200 resets in 30 s is what one impatient caller produces.
 */
public final class Transport {
  /** Flow-control window of one stream, in bytes: 1 MiB. */
  public static final int STREAM_WINDOW = 1 << 20;

  /** Flow-control window of one connection, in bytes: 4 MiB, so that four streams may run ahead. */
  public static final int CONNECTION_WINDOW = 4 << 20;

  /** Bound of the headers of one request, in bytes: 16 KiB. */
  public static final int MAX_HEADER_LIST = 16 << 10;

  /** Default bound of one message, in bytes: 4 MiB of payload and 64 KiB for what is around it. */
  public static final int MAX_MESSAGE = (4 << 20) + (64 << 10);

  /** How long an unused connection of a client stays open: 5 minutes. */
  public static final Duration IDLE_CHANNEL = Duration.ofMinutes(5);

  /** Bound of a TCP connect, and separately of a TLS handshake: 10 s. */
  public static final Duration HANDSHAKE_TIMEOUT = Duration.ofSeconds(10);

  /** Cancelled streams a server bears per {@link #RESET_WINDOW} and connection: 20,000. */
  public static final int MAX_RESETS = 20_000;

  /** The time over which {@link #MAX_RESETS} counts: 10 s. */
  public static final Duration RESET_WINDOW = Duration.ofSeconds(10);

  /** Calls that may wait for a connection, or until its other end takes more at once: 1,024. */
  public static final int MAX_WAITING = 1024;

  private static final int ACCEPT_BACKLOG = 1024;
  private static final Set<String> TLS_VERSIONS = Set.of("TLSv1.3");
  private static final List<HttpVersion> HTTP_VERSIONS = List.of(HttpVersion.HTTP_2);
  private static final List<String> ALPN = List.of("h2");

  /**
   * Bytes that may wait for the socket before a connection counts as full: 512 KiB. The flow
   * controller shares out what is left of it among the streams; with Netty's 64 KiB two dozen large
   * answers are cut into frames of less than 3 KiB.
   */
  private static final WriteBufferWaterMark WATER_MARK =
      new WriteBufferWaterMark(256 << 10, 512 << 10);

  private Transport() {}

  /** {@link #widen(Channel)} for a connection that an HTTP server of Vert.x has accepted. */
  public static void widen(HttpConnection accepted) {
    widen(((HttpServerConnection) accepted).channelHandlerContext().channel());
  }

  /** Sets what no option of Vert.x sets, on the channel of a connection that carries payloads. */
  public static void widen(Channel channel) {
    channel.config().setWriteBufferWaterMark(WATER_MARK);
  }

  /**
   * A listener. {@code REQUEST} lets clients without a certificate in (they are anonymous), {@code
   * REQUIRED} does not; a certificate that is shown must be good in either case.
   *
   * @param maxConcurrentStreams streams a client may have open on one connection
   */
  public static HttpServerOptions serverOptions(
      Identity identity, X509Certificate ca, ClientAuth clientAuth, int maxConcurrentStreams) {
    return serverOptions(TlsEngine.best(), identity, ca, clientAuth, maxConcurrentStreams);
  }

  static HttpServerOptions serverOptions(
      TlsEngine engine,
      Identity identity,
      X509Certificate ca,
      ClientAuth clientAuth,
      int maxConcurrentStreams) {
    return new HttpServerOptions()
        .setSsl(true)
        .setSslEngineOptions(engine.options())
        .setUseAlpn(true)
        .setAlpnVersions(HTTP_VERSIONS)
        .setEnabledSecureTransportProtocols(TLS_VERSIONS)
        .setSslHandshakeTimeout(HANDSHAKE_TIMEOUT.toSeconds())
        .setKeyCertOptions(identity.keyCertOptions())
        .setTrustOptions(trust(ca))
        .setClientAuth(authentication(clientAuth))
        .setAcceptBacklog(ACCEPT_BACKLOG)
        .setInitialSettings(settings().setMaxConcurrentStreams(maxConcurrentStreams))
        .setHttp2ConnectionWindowSize(CONNECTION_WINDOW)
        .setHttp2RstFloodMaxRstFramePerWindow(MAX_RESETS)
        .setHttp2RstFloodWindowDuration((int) RESET_WINDOW.toSeconds())
        .setHttp2RstFloodWindowDurationTimeUnit(TimeUnit.SECONDS);
  }

  /**
   * The TLS part of {@link #serverOptions} with another identity, for {@code
   * HttpServer.updateSSLOptions}: streams in flight go on, new handshakes show the new leaf.
   */
  public static ServerSSLOptions serverSslOptions(
      Identity identity, X509Certificate ca, ClientAuth clientAuth) {
    return new ServerSSLOptions()
        .setKeyCertOptions(identity.keyCertOptions())
        .setTrustOptions(trust(ca))
        .setClientAuth(authentication(clientAuth))
        .setUseAlpn(true)
        .setApplicationLayerProtocols(ALPN)
        .setEnabledSecureTransportProtocols(TLS_VERSIONS)
        .setSslHandshakeTimeout(HANDSHAKE_TIMEOUT.toSeconds());
  }

  /**
   * An HTTP client of Vert.x, for tools and tests; calls go over connections of our own.
   *
   * @param identity what the client shows; null for none, which only {@code Provision} allows
   */
  public static HttpClientOptions clientOptions(@Nullable Identity identity, X509Certificate ca) {
    HttpClientOptions options =
        new HttpClientOptions()
            .setProtocolVersion(HttpVersion.HTTP_2)
            .setHttp2ClearTextUpgrade(false)
            .setSsl(true)
            .setSslEngineOptions(TlsEngine.best().options())
            .setUseAlpn(true)
            .setAlpnVersions(HTTP_VERSIONS)
            .setEnabledSecureTransportProtocols(TLS_VERSIONS)
            .setSslHandshakeTimeout(HANDSHAKE_TIMEOUT.toSeconds())
            .setConnectTimeout((int) HANDSHAKE_TIMEOUT.toMillis())
            .setTrustOptions(trust(ca))
            .setVerifyHost(false)
            .setForceSni(false)
            .setInitialSettings(settings())
            .setHttp2ConnectionWindowSize(CONNECTION_WINDOW)
            .setHttp2KeepAliveTimeout((int) IDLE_CHANNEL.toSeconds());
    return identity == null ? options : options.setKeyCertOptions(identity.keyCertOptions());
  }

  /** The TLS context of connections that are made without the HTTP client of Vert.x. */
  public static SslContext clientContext(@Nullable Identity identity, X509Certificate ca) {
    return clientContext(TlsEngine.best(), identity, ca);
  }

  static SslContext clientContext(
      TlsEngine engine, @Nullable Identity identity, X509Certificate ca) {
    SslContextBuilder builder =
        SslContextBuilder.forClient()
            .sslProvider(engine.provider())
            .trustManager(trustFactory(ca))
            .protocols(TLS_VERSIONS)
            .endpointIdentificationAlgorithm(null)
            .applicationProtocolConfig(
                new ApplicationProtocolConfig(
                    Protocol.ALPN,
                    SelectorFailureBehavior.NO_ADVERTISE,
                    SelectedListenerFailureBehavior.ACCEPT,
                    ALPN));
    if (identity != null) {
      builder.keyManager(new IdentityKeyManager(identity).factory());
    }
    try {
      return builder.build();
    } catch (SSLException e) {
      throw new IllegalStateException("identity: unusable for TLS", e);
    }
  }

  /** Trust in exactly this CA: chains end here, and the extended key usage must fit the role. */
  public static TrustOptions trust(X509Certificate ca) {
    return TrustOptions.wrap(trustFactory(ca));
  }

  private static TrustManagerFactory trustFactory(X509Certificate ca) {
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setCertificateEntry("ca", ca);
      TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
      factory.init(store);
      return factory;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("ca: unusable as the root of trust", e);
    }
  }

  private static Http2Settings settings() {
    return new Http2Settings()
        .setInitialWindowSize(STREAM_WINDOW)
        .setMaxHeaderListSize(MAX_HEADER_LIST)
        .setPushEnabled(false);
  }

  private static ClientAuth authentication(ClientAuth clientAuth) {
    if (clientAuth == ClientAuth.NONE) {
      throw new IllegalArgumentException("clientAuth: NONE (expected: REQUEST or REQUIRED)");
    }
    return clientAuth;
  }
}
