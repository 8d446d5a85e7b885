package io.trestle.kernel.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trestle.protocol.SpiffeId;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.transport.Identity;
import io.trestle.protocol.transport.TestCertificates;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.net.NetClient;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** A listener with the methods of {@link TestMethods}, and clients for it. */
final class GatewayFixture implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofSeconds(60);

  /** What something wrong and the normal call behind it may cost (foundation.md 4.4). */
  private static final Duration PROMPT = Duration.ofMillis(100);

  static final UUID SERVICE_ID = UUID.fromString("018f0000-0000-7000-8000-000000000001");
  static final UUID INSTANCE_ID = UUID.fromString("018f0000-0000-7000-8000-000000000002");

  final Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));

  /** Held here: Vert.x closes the connections of a client that the collector has taken. */
  final NetClient plain = vertx.createNetClient();

  final TestCertificates certificates = TestCertificates.create();
  final TestMethods methods = new TestMethods();
  final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  final Set<UUID> revoked = ConcurrentHashMap.newKeySet();
  final AtomicLong now = new AtomicLong(1_700_000_000_000L);
  final GatewayServer server;
  final Identity service = certificates.service(SERVICE_ID.toString(), INSTANCE_ID.toString());
  private final List<AutoCloseable> clients = new ArrayList<>();
  private int port;

  private GatewayFixture(GatewayOptions options) {
    server = new GatewayServer(vertx, now::get, meters, options);
    server.mount(new Facade(TestMethods.PACKAGE, this::authenticate));
    methods.all().forEach(server::method);
    server.closed("/test.v1.UI/");
    await(server.identity(certificates.runtime(), certificates.ca()));
  }

  /** One event loop, so that every call shares it. */
  static GatewayFixture start() {
    return start(GatewayOptions.defaults(1));
  }

  static GatewayFixture start(GatewayOptions options) {
    GatewayFixture fixture = new GatewayFixture(options);
    fixture.port = await(fixture.server.bind("127.0.0.1", 0)).get(0).port();
    return fixture;
  }

  int port() {
    return port;
  }

  /** A client of another stack, with the certificate of the service. */
  JavaClient javaClient() {
    return javaClient(service);
  }

  JavaClient javaClient(@Nullable Identity identity) {
    return javaClient(identity, certificates);
  }

  JavaClient javaClient(@Nullable Identity identity, TestCertificates trusted) {
    JavaClient client = JavaClient.connect(port, identity, trusted.ca());
    clients.add(client);
    return client;
  }

  RawConnection raw() {
    return raw(service);
  }

  RawConnection raw(@Nullable Identity identity) {
    RawConnection connection = RawConnection.open(vertx, port, identity, certificates.ca());
    clients.add(connection);
    return connection;
  }

  /** Shows that the event loop serves. */
  void serves() {
    JavaClient client = javaClient();
    assertThat(client.unary(TestMethods.UNARY, "ping").text()).isEqualTo("ping");
  }

  /**
   * Shows that a normal call is served promptly after something wrong: both together hold the one
   * event loop for less than 100 ms. That is processor time of its thread and not the time of a
   * clock, so what else the machine does meanwhile does not matter.
   */
  <T> T promptAfter(RawConnection connection, Supplier<T> wrong) {
    assertThat(connection.call(TestMethods.UNARY, "before").grpcStatus()).isEqualTo("0");
    long begun = spentByTheLoop();
    T answer = wrong.get();
    assertThat(connection.call(TestMethods.UNARY, "after").grpcStatus()).isEqualTo("0");
    assertThat(Duration.ofNanos(spentByTheLoop() - begun)).isLessThan(PROMPT);
    return answer;
  }

  private long spentByTheLoop() {
    Thread loop = Objects.requireNonNull(methods.loop);
    return ManagementFactory.getThreadMXBean().getThreadCpuTime(loop.getId());
  }

  /** Shows that nothing is left of the calls so far. */
  void holdsNothing() {
    Awaitility.await()
        .untilAsserted(
            () -> {
              assertThat(count(GatewayMetrics.IN_FLIGHT)).isZero();
              assertThat(count(GatewayMetrics.HELD)).isZero();
              assertThat(count(GatewayMetrics.BODIES)).isZero();
              assertThat(server.instancesWithCalls()).isZero();
            });
  }

  double count(String meter, String... tags) {
    return meters.find(meter).tags(tags).meters().stream().mapToDouble(GatewayFixture::value).sum();
  }

  static <T> T await(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError("did not complete: " + e, e);
    }
  }

  void closeClients() throws Exception {
    for (AutoCloseable client : clients) {
      client.close();
    }
    clients.clear();
  }

  @Override
  public void close() throws Exception {
    closeClients();
    await(server.close());
    await(vertx.close());
  }

  private static double value(Meter meter) {
    return meter.measure().iterator().next().getValue();
  }

  private Caller authenticate(@Nullable Peer peer, Headers headers) {
    if (peer == null) {
      return Caller.ANONYMOUS;
    }
    if (!(peer.identity() instanceof SpiffeId.Service id)) {
      throw GrpcFailure.of(StatusCode.UNAUTHENTICATED, "not a service");
    }
    UUID instance = UUID.fromString(id.instanceId());
    if (revoked.contains(instance)) {
      throw GrpcFailure.of(StatusCode.UNAUTHENTICATED, "access revoked");
    }
    return new Caller(
        UUID.fromString(id.serviceId()), instance, Caller.Kind.SERVICE, Caller.Via.CERTIFICATE);
  }
}
