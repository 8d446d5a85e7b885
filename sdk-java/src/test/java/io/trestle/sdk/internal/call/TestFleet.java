package io.trestle.sdk.internal.call;

import io.trestle.protocol.HostPort;
import io.trestle.protocol.SpiffeId;
import io.trestle.protocol.UuidV7;
import io.trestle.protocol.transport.Identity;
import io.trestle.protocol.transport.TestCertificates;
import io.trestle.protocol.transport.Transport;
import io.trestle.protocol.v1.MethodDescriptor;
import io.trestle.protocol.v1.MethodType;
import io.trestle.protocol.v1.PolicyEvaluation;
import io.trestle.protocol.v1.PolicyRule;
import io.trestle.protocol.v1.RegistrySnapshot;
import io.trestle.protocol.v1.ServiceInstanceInfo;
import io.trestle.protocol.wire.ChannelPool;
import io.trestle.protocol.wire.Dialer;
import io.trestle.protocol.wire.Lanes;
import io.trestle.protocol.wire.PinnedChannel;
import io.trestle.sdk.BridgeEvent;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.internal.inbound.CallServer;
import io.trestle.sdk.internal.inbound.HandlerThreads;
import io.trestle.sdk.internal.inbound.Handlers;
import io.trestle.sdk.internal.pki.Leaf;
import io.trestle.sdk.internal.registry.RegistryView;
import io.trestle.sdk.internal.traces.MemoryTraces;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpConnectOptions;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.RequestOptions;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/** Both ends of direct calls, over loopback with real certificates, without a runtime. */
public final class TestFleet implements AutoCloseable {
  public static final String SERVICE = "orders";

  private final Vertx vertx = Vertx.vertx();
  private final Lanes lanes = new Lanes(vertx, 2);
  private final UuidV7 ids =
      new UuidV7(System::currentTimeMillis, () -> ThreadLocalRandom.current().nextLong());
  private final TestCertificates certificates = TestCertificates.create();

  /** One instance that takes calls. */
  public final class Callee {
    public final String serviceId;
    public final String instanceId;
    public final Handlers handlers = new Handlers();
    public final RegistryView view = new RegistryView();
    public final CallServer server;
    public int port;

    Callee(String serviceId, String instanceId, CallServer.Limits limits) {
      this.serviceId = serviceId;
      this.instanceId = instanceId;
      this.server =
          new CallServer(
              vertx,
              lanes.all(),
              certificates.ca(),
              limits,
              view,
              handlers,
              HandlerThreads.create(),
              InstantSource.system(),
              ids,
              new MemoryTraces());
    }

    /** Handlers that run. */
    public int running() {
      return server.running();
    }

    /** Binds, with the identity of the instance. */
    public Callee listen() throws Exception {
      return listenAs(service(serviceId, instanceId));
    }

    /** Binds, with another identity. */
    public Callee listenAs(Leaf leaf) throws Exception {
      port = await(server.listen(leaf, "127.0.0.1", 0));
      return this;
    }

    /** As after a snapshot with these acceptance rules. */
    public Callee ready(PolicyRule... acceptance) {
      PolicyEvaluation policy =
          PolicyEvaluation.newBuilder()
              .addCapabilities("rpc.handle")
              .addAllAcceptance(List.of(acceptance))
              .build();
      view.apply(RegistrySnapshot.newBuilder().setPolicy(policy).build());
      return this;
    }
  }

  /** One instance that calls. */
  public final class Client {
    public final RegistryView view = new RegistryView();
    public final List<BridgeEvent> events = new CopyOnWriteArrayList<>();

    /** The time of the breakers, in nanoseconds; stands still unless it is moved. */
    public final AtomicLong ticks = new AtomicLong();

    private final Context loop;
    private final HttpClientAgent http;
    private final Dialer dialer;
    public final ChannelPool pool;
    public final Caller caller;

    /**
     * Sends a request and reads its answer, all of it on one loop: on the thread of a test the end
     * of an answer may come before anybody asks for it.
     */
    public <T> Future<T> exchange(
        RequestOptions options,
        Function<HttpClientRequest, Future<HttpClientResponse>> send,
        Function<HttpClientResponse, Future<T>> read) {
      Promise<T> answer = Promise.promise();
      loop.runOnContext(
          turn -> http.request(options).compose(send).compose(read).onComplete(answer));
      return answer.future();
    }

    Client(Leaf leaf) {
      loop = vertx.getOrCreateContext();
      http = vertx.createHttpClient(Transport.clientOptions(leaf.identity(), certificates.ca()));
      dialer = new Dialer(vertx, leaf.identity(), certificates.ca());
      pool = new ChannelPool(lanes::pick, dialer);
      PinnedChannel nowhere =
          new PinnedChannel(
              lanes.pick(),
              dialer,
              new HostPort("127.0.0.1", 1),
              SpiffeId.runtime(),
              Duration.ofMinutes(5));
      caller =
          new Caller(
              view,
              pool,
              nowhere,
              InstantSource.system(),
              ticks::get,
              ids,
              CallOptions.DEFAULT,
              () -> leaf.id().serviceId(),
              events::add);
    }

    /** New connections show this leaf. */
    public void useLeaf(Leaf leaf) {
      dialer.use(leaf.identity());
    }

    /** Sees these callees serving a method without schema. */
    public Client sees(String method, Callee... served) {
      return sees(method, "", served);
    }

    /** Sees these callees serving a method with a contract. */
    public Client sees(String method, String contractHash, Callee... served) {
      RegistrySnapshot.Builder snapshot = RegistrySnapshot.newBuilder();
      for (Callee callee : served) {
        snapshot.addInstances(
            ServiceInstanceInfo.newBuilder()
                .setServiceId(callee.serviceId)
                .setInstanceId(callee.instanceId)
                .setServiceName(SERVICE)
                .setCallEndpoint("127.0.0.1:" + callee.port));
        snapshot.addMethods(
            MethodDescriptor.newBuilder()
                .setServiceId(callee.serviceId)
                .setInstanceId(callee.instanceId)
                .setServiceName(SERVICE)
                .setType(MethodType.METHOD_TYPE_RPC)
                .setName(method)
                .setStreaming(callee.handlers.streams(method))
                .setContractHash(contractHash));
      }
      view.apply(snapshot.setPolicy(PolicyEvaluation.getDefaultInstance()).build());
      return this;
    }
  }

  /** A callee with the usual limits. */
  public Callee callee() {
    return callee(new CallServer.Limits(256, 256));
  }

  /** A callee. */
  public Callee callee(CallServer.Limits limits) {
    return new Callee(ids.nextText(), ids.nextText(), limits);
  }

  /** A callee that is a given instance. */
  public Callee callee(String serviceId, String instanceId) {
    return new Callee(serviceId, instanceId, new CallServer.Limits(256, 256));
  }

  /** The leaf a callee shows to a new connection of a client. */
  public X509Certificate shown(Client client, Callee callee) throws Exception {
    HttpConnectOptions there = new HttpConnectOptions().setHost("127.0.0.1").setPort(callee.port);
    HttpConnection connection = await(client.http.connect(there));
    return (X509Certificate) connection.peerCertificates().get(0);
  }

  /** A client of a service of its own. */
  public Client client() {
    return new Client(service(ids.nextText(), ids.nextText()));
  }

  /** A client with an identity. */
  public Client client(Leaf leaf) {
    return new Client(leaf);
  }

  /** A leaf of a service instance. */
  public Leaf service(String serviceId, String instanceId) {
    return new Leaf(
        certificates.service(serviceId, instanceId), SpiffeId.service(serviceId, instanceId));
  }

  /** A leaf of the runtime, dressed as if it were a service's: only its certificate counts. */
  public Leaf runtime() {
    return new Leaf(certificates.runtime(), SpiffeId.service("runtime", "runtime"));
  }

  /** A leaf with other contents. */
  public Leaf leaf(Identity identity) {
    return new Leaf(identity, SpiffeId.service("some", "body"));
  }

  public TestCertificates certificates() {
    return certificates;
  }

  public Lanes lanes() {
    return lanes;
  }

  public Vertx vertx() {
    return vertx;
  }

  /** Waits for a future. */
  public static <T> T await(io.vertx.core.Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  @Override
  public void close() throws Exception {
    await(vertx.close());
  }
}
