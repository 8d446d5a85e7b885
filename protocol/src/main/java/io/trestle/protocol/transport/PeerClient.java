package io.trestle.protocol.transport;

import io.trestle.protocol.SpiffeId;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.client.GrpcClientRequest;
import io.vertx.grpc.client.impl.GrpcClientImpl;
import java.security.cert.X509Certificate;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One client for any number of targets, each of which must prove to be who it is expected to be.
 *
 * <p>The trust manager, shared by all targets, checks chain and key usage in the handshake; the
 * exact identity is compared here, on the connection, before a byte of the call is written. One TLS
 * context and one pool serve every target, which a trust manager per target would not allow. All
 * targets share one authority; an IPv6 address would not fit there, and nobody reads it.
 *
 * <p>A future that fails is proof that nothing reached a handler: it completes only after the
 * settings of the server arrived, that is after the server accepted the client's certificate. What
 * fails later has an unknown outcome. Connections are pinged every 30 s and closed after 5 minutes
 * without calls.
 */
public final class PeerClient {
  /** The authority all calls name; what the Node SDK sends to peers. */
  public static final String AUTHORITY = "servicebridge.peer";

  private final X509Certificate ca;
  private final HttpClientAgent http;
  private final Grpc grpc;

  private PeerClient(Vertx vertx, X509Certificate ca, HttpClientOptions options, long maxMessage) {
    this.ca = ca;
    this.http =
        vertx
            .httpClientBuilder()
            .with(options)
            .with(Transport.poolOptions())
            .withConnectHandler(connection -> Pinger.start(vertx, connection))
            .build();
    this.grpc = new Grpc(vertx, http, maxMessage);
  }

  /**
   * A client.
   *
   * @param identity what it shows; null for none
   * @param maxMessageSize bound of one received message, in bytes
   */
  public static PeerClient create(
      Vertx vertx, @Nullable Identity identity, X509Certificate ca, long maxMessageSize) {
    return new PeerClient(vertx, ca, Transport.clientOptions(identity, ca), maxMessageSize);
  }

  static PeerClient create(
      Vertx vertx, TlsEngine engine, @Nullable Identity identity, X509Certificate ca) {
    HttpClientOptions options = Transport.clientOptions(engine, identity, ca);
    return new PeerClient(vertx, ca, options, Transport.MAX_MESSAGE);
  }

  /**
   * Opens a call, on the caller's context; service and method are set on the result.
   *
   * @param target where to connect; a name is resolved
   * @param expected who must answer there
   * @return fails with {@link WrongPeerException} when somebody else answers (that connection is
   *     closed), or with what kept the connection from being made
   */
  public Future<GrpcClientRequest<Buffer, Buffer>> request(
      SocketAddress target, SpiffeId expected) {
    RequestOptions options =
        new RequestOptions().setMethod(HttpMethod.POST).setServer(target).setHost(AUTHORITY);
    return grpc.request(options).compose(request -> checked(request, expected));
  }

  /**
   * Shows another leaf from the next connection on. Calls in flight finish where they are; the next
   * call to any target opens a new connection.
   */
  public Future<Void> rotate(Identity identity) {
    return http.updateSSLOptions(Transport.clientSslOptions(identity, ca)).mapEmpty();
  }

  /** Closes all connections at once. */
  public Future<Void> close() {
    return http.shutdown(0, TimeUnit.SECONDS);
  }

  private static Future<GrpcClientRequest<Buffer, Buffer>> checked(
      GrpcClientRequest<Buffer, Buffer> request, SpiffeId expected) {
    PeerIdentity peer = PeerIdentity.of(request.connection());
    if (peer.spiffeId().filter(expected::equals).isPresent()) {
      return Future.succeededFuture(request);
    }
    request.connection().close().onFailure(e -> {});
    return Future.failedFuture(new WrongPeerException(expected, peer));
  }

  /** Opens the constructor that takes both options and a client that is ours to rotate. */
  private static final class Grpc extends GrpcClientImpl {
    Grpc(Vertx vertx, HttpClient http, long maxMessageSize) {
      super(vertx, Transport.grpcClientOptions(maxMessageSize), http, false);
    }
  }
}
