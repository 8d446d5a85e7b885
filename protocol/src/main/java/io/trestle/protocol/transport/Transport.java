package io.trestle.protocol.transport;

import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.ServerSSLOptions;
import io.vertx.core.net.TrustOptions;
import io.vertx.grpc.client.GrpcClientOptions;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * Every setting of every connection of the protocol, in one place, for kernel and SDK alike.
 *
 * <p>TLS 1.3 and HTTP/2 only. Trust is exactly one CA certificate: the roots of the system are
 * unused, host names are not checked, and the standard trust manager demands serverAuth of servers
 * and clientAuth of clients. <em>Who</em> the other end is, is not decided here: {@link
 * PeerIdentity} tells, and clients that know whom they want use {@link PeerClient}.
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

  /** Calls that may wait for a connection or a stream to one target: 1,024. */
  public static final int MAX_WAITING = 1024;

  private static final int ACCEPT_BACKLOG = 1024;
  private static final Set<String> TLS_VERSIONS = Set.of("TLSv1.3");
  private static final List<HttpVersion> HTTP_VERSIONS = List.of(HttpVersion.HTTP_2);
  private static final List<String> ALPN = List.of("h2");

  private Transport() {}

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
   * A client of any number of targets.
   *
   * @param identity what the client shows; null for none, which only {@code Provision} allows
   */
  public static HttpClientOptions clientOptions(@Nullable Identity identity, X509Certificate ca) {
    return clientOptions(TlsEngine.best(), identity, ca);
  }

  static HttpClientOptions clientOptions(
      TlsEngine engine, @Nullable Identity identity, X509Certificate ca) {
    HttpClientOptions options =
        new HttpClientOptions()
            .setProtocolVersion(HttpVersion.HTTP_2)
            .setHttp2ClearTextUpgrade(false)
            .setSsl(true)
            .setSslEngineOptions(engine.options())
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

  /**
   * The TLS part of {@link #clientOptions} with another identity, for {@code
   * HttpClient.updateSSLOptions}: calls in flight finish on the old connection, the next call opens
   * a new one.
   */
  public static ClientSSLOptions clientSslOptions(@Nullable Identity identity, X509Certificate ca) {
    ClientSSLOptions options =
        new ClientSSLOptions()
            .setTrustOptions(trust(ca))
            .setHostnameVerificationAlgorithm("")
            .setUseAlpn(true)
            .setApplicationLayerProtocols(ALPN)
            .setEnabledSecureTransportProtocols(TLS_VERSIONS)
            .setSslHandshakeTimeout(HANDSHAKE_TIMEOUT.toSeconds());
    return identity == null ? options : options.setKeyCertOptions(identity.keyCertOptions());
  }

  /** One connection per target; a bounded queue of calls that wait for it. */
  public static PoolOptions poolOptions() {
    return new PoolOptions().setHttp2MaxSize(1).setMaxWaitQueueSize(MAX_WAITING);
  }

  /**
   * A gRPC client without deadlines of its own.
   *
   * @param maxMessageSize bound of one message, in bytes
   */
  public static GrpcClientOptions grpcClientOptions(long maxMessageSize) {
    return new GrpcClientOptions()
        .setMaxMessageSize(maxMessageSize)
        .setScheduleDeadlineAutomatically(false);
  }

  /** Trust in exactly this CA: chains end here, and the extended key usage must fit the role. */
  public static TrustOptions trust(X509Certificate ca) {
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setCertificateEntry("ca", ca);
      TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
      factory.init(store);
      return TrustOptions.wrap(factory);
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
