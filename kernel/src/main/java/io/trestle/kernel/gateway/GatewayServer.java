package io.trestle.kernel.gateway;

import io.micrometer.core.instrument.MeterRegistry;
import io.trestle.kernel.Clock;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.transport.Identity;
import io.trestle.protocol.transport.Transport;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.SocketAddress;
import java.net.Inet6Address;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The gRPC listener of a kernel: one port, served by a verticle on each of several event loops.
 * Life: mount, {@link #identity}, {@link #bind}, {@link #drain}, {@link #close}. Thread: any.
 */
public final class GatewayServer implements Gateway {
  private static final int MAX_STREAMS = 2_000;
  private static final String WILDCARD = "0.0.0.0";
  private static final int RANDOM_PORT_IDS = 1 << 30;

  private final Vertx vertx;
  private final GatewayShared shared;
  private final HandshakeGate gate;
  private final List<GatewayVerticle> verticles = new CopyOnWriteArrayList<>();
  private final List<String> deployments = new CopyOnWriteArrayList<>();
  private volatile @Nullable Shown shown;
  private volatile List<BoundAddress> addresses = List.of();

  /**
   * A listener that is not bound yet.
   *
   * @param meters gets the meters {@code trestle.gateway.*}
   * @param options bounds; {@link GatewayOptions#defaults} are those of the specification
   */
  public GatewayServer(Vertx vertx, Clock clock, MeterRegistry meters, GatewayOptions options) {
    GatewayMetrics metrics = new GatewayMetrics(meters);
    this.vertx = vertx;
    this.gate = new HandshakeGate(options.handshakes(), metrics);
    BodyMemory bodies = new BodyMemory(options.memory().requests());
    metrics.bodies(bodies);
    this.shared =
        new GatewayShared(
            new MethodTable(), options, clock, metrics, new Drain(), new InstanceMemory(), bodies);
  }

  /** What clients are shown, and which authority their certificates must come from. */
  private record Shown(Identity identity, X509Certificate authority) {}

  @Override
  public void mount(Facade facade) {
    shared.table().mount(facade);
  }

  @Override
  public void method(MethodHandler handler) {
    shared.table().method(handler);
  }

  @Override
  public void closed(String pathPrefix) {
    shared.table().close(pathPrefix);
  }

  @Override
  public Future<Void> identity(Identity identity, X509Certificate authority) {
    shown = new Shown(identity, authority);
    List<Future<Boolean>> updates =
        verticles.stream()
            .map(v -> v.update(Transport.serverSslOptions(identity, authority, ClientAuth.REQUEST)))
            .toList();
    return Future.all(updates).mapEmpty();
  }

  /**
   * Listens. From here on nothing can be mounted.
   *
   * @param host {@code network.grpc_host}; {@code 0.0.0.0} is all IPv4 and, where the host has it,
   *     all IPv6 addresses
   * @param port {@code network.grpc_port}; 0 takes a free one
   * @return the bound addresses; fails naming the port and the setting when it cannot be bound
   */
  public Future<List<BoundAddress>> bind(String host, int port) {
    Shown now = shown;
    if (now == null) {
      throw new IllegalStateException("the listener has no identity to show");
    }
    shared.table().freeze();
    // A negative number is a name for one free port that the servers of this Vert.x share.
    int shared0 = port == 0 ? -1 - ThreadLocalRandom.current().nextInt(RANDOM_PORT_IDS) : port;
    SocketAddress address = address(host, shared0);
    return deploy(serverOptions(now), address)
        .recover(e -> undeploy().transform(v -> Future.failedFuture(bindFailure(host, port, e))))
        .map(v -> bound(host));
  }

  /** Where it listens; empty before {@link #bind} has completed. */
  public List<BoundAddress> addresses() {
    return addresses;
  }

  /**
   * From now on every new call is answered {@code UNAVAILABLE} with the not-dispatched trailer, on
   * the still open port. Calls under way go on.
   */
  public void drain() {
    shared.drain().begin();
  }

  /** Completes when no unary call is running; to be asked after {@link #drain}. */
  public Future<Void> inFlightUnary() {
    return shared.drain().idle();
  }

  /**
   * Ends all open calls with {@code UNAVAILABLE} and closes the port. Completes within the stop
   * time of the options.
   */
  public Future<Void> close() {
    drain();
    return Future.join(verticles.stream().map(GatewayVerticle::shutdown).toList())
        .transform(done -> undeploy());
  }

  @Override
  public void end(Predicate<Caller> who, StatusCode status, String message) {
    GrpcFailure failure = GrpcFailure.of(status, message);
    forEachConnection(connection -> connection.end(who, failure));
  }

  @Override
  public void disconnect(Predicate<Caller> who, StatusCode status, String message) {
    GrpcFailure failure = GrpcFailure.of(status, message);
    forEachConnection(connection -> connection.disconnect(who, failure));
  }

  /** Bytes of messages held in memory for one instance, over all its connections. */
  public long heldBytes(UUID instance) {
    return shared.memory().held(instance);
  }

  /** Instances that hold memory or have open calls; for tests. */
  int instancesWithCalls() {
    return shared.memory().instances();
  }

  /** Handshakes under way; for tests. */
  int handshakesUnderWay() {
    return gate.underWay();
  }

  /** Connections that wait for a handshake; for tests. */
  int handshakesWaiting() {
    return gate.waiting();
  }

  private void forEachConnection(Consumer<ClientConnection> action) {
    verticles.forEach(verticle -> verticle.forEachConnection(action));
  }

  private HttpServerOptions serverOptions(Shown now) {
    HttpServerOptions options =
        Transport.serverOptions(now.identity(), now.authority(), ClientAuth.REQUEST, MAX_STREAMS);
    return options.setSslEngineOptions(new GatedEngine(options.getSslEngineOptions(), gate));
  }

  private Future<Void> deploy(HttpServerOptions options, SocketAddress address) {
    Future<Void> done = Future.succeededFuture();
    for (int i = 0; i < shared.options().loops(); i++) {
      done = done.compose(v -> deployOne(options, address));
    }
    return done;
  }

  private Future<Void> deployOne(HttpServerOptions options, SocketAddress address) {
    GatewayVerticle verticle = new GatewayVerticle(shared, options, address);
    return vertx
        .deployVerticle(verticle, new DeploymentOptions())
        .map(
            id -> {
              verticles.add(verticle);
              deployments.add(id);
              return null;
            });
  }

  private Future<Void> undeploy() {
    List<String> ids = List.copyOf(deployments);
    deployments.clear();
    verticles.clear();
    addresses = List.of();
    return Future.join(ids.stream().map(vertx::undeploy).toList()).mapEmpty();
  }

  private List<BoundAddress> bound(String host) {
    int port = verticles.get(0).port();
    addresses =
        host.equals(WILDCARD) && hasIpv6()
            ? List.of(new BoundAddress(host, port), new BoundAddress("::", port))
            : List.of(new BoundAddress(host, port));
    return addresses;
  }

  private static SocketAddress address(String host, int port) {
    return port < 0
        ? SocketAddress.sharedRandomPort(-port, host)
        : SocketAddress.inetSocketAddress(port, host);
  }

  private static IllegalStateException bindFailure(String host, int port, Throwable cause) {
    return new IllegalStateException(
        "network.grpc_port: "
            + port
            + " on "
            + host
            + " cannot be bound ("
            + cause.getMessage()
            + ")",
        cause);
  }

  // A wildcard socket of a dual-stack host serves both families.
  private static boolean hasIpv6() {
    try {
      return NetworkInterface.networkInterfaces()
          .flatMap(NetworkInterface::inetAddresses)
          .anyMatch(Inet6Address.class::isInstance);
    } catch (SocketException unknown) {
      return false;
    }
  }
}
