package io.trestle.sdk.internal;

import io.trestle.protocol.BootstrapKey;
import io.trestle.protocol.SpiffeId;
import io.trestle.protocol.UuidV7;
import io.trestle.protocol.transport.LoopWatch;
import io.trestle.protocol.transport.Transport;
import io.trestle.protocol.v1.RegisterRequest;
import io.trestle.protocol.wire.ChannelPool;
import io.trestle.protocol.wire.Dialer;
import io.trestle.protocol.wire.Lane;
import io.trestle.protocol.wire.Lanes;
import io.trestle.protocol.wire.PinnedChannel;
import io.trestle.sdk.BridgeIdentity;
import io.trestle.sdk.TraceWatch;
import io.trestle.sdk.WatchOptions;
import io.trestle.sdk.internal.call.Caller;
import io.trestle.sdk.internal.events.DeadLetterBox;
import io.trestle.sdk.internal.events.EventEdge;
import io.trestle.sdk.internal.events.EventPost;
import io.trestle.sdk.internal.events.Outlet;
import io.trestle.sdk.internal.events.Subscriptions;
import io.trestle.sdk.internal.inbound.CallServer;
import io.trestle.sdk.internal.inbound.HandlerThreads;
import io.trestle.sdk.internal.inbound.Handlers;
import io.trestle.sdk.internal.pki.Leaf;
import io.trestle.sdk.internal.registry.RegistryView;
import io.trestle.sdk.internal.registry.Revocations;
import io.trestle.sdk.internal.registry.Routes;
import io.trestle.sdk.internal.session.Session;
import io.trestle.sdk.internal.session.SessionHost;
import io.trestle.sdk.internal.session.SessionParts;
import io.trestle.sdk.internal.traces.TraceEdge;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A started bridge: everything that has threads, ports and connections, made at once and closed at
 * once. Closing happens from the outside in: calls, inbound connections, channels, threads.
 */
final class Engine implements Edges, SessionHost {
  private static final Logger LOG = System.getLogger("io.trestle.sdk");
  private static final int MAX_LANES = 4;

  private final BridgeOptions options;
  private final BootstrapKey key;
  private final Handlers handlers;
  private final Supplier<RegisterRequest> declarations;
  private final boolean ownVertx;
  private final Vertx vertx;
  private final Dialer dialer;
  private final RegistryView view = new RegistryView();
  private final ChannelPool peers;
  private final PinnedChannel control;
  private final PinnedChannel proxy;
  private final HandlerThreads threads;
  private final @Nullable CallServer server;
  private final Caller caller;
  private final TraceEdge traces;
  private final EventEdge events;
  private final Session session;
  private volatile String callEndpoint = "";
  private @Nullable Future<Void> closing;

  /**
   * An engine, not started.
   *
   * @param declarations what is registered, but for the call endpoint
   * @param ready is told the outcome of the start
   */
  Engine(
      BridgeOptions options,
      Handlers handlers,
      Subscriptions subscriptions,
      Supplier<RegisterRequest> declarations,
      Listeners listeners,
      CompletableFuture<Void> ready) {
    this.options = options;
    this.key = options.key();
    this.handlers = handlers;
    this.declarations = declarations;
    Vertx given = options.vertx();
    this.ownVertx = given == null;
    this.vertx = given == null ? newVertx(ready::isDone) : given;
    Lanes lanes = new Lanes(vertx, laneCount());
    this.dialer = new Dialer(vertx, null, key.ca());
    this.peers = new ChannelPool(lanes::pick, dialer);
    this.control = toRuntime(lanes.all().get(0));
    this.proxy = toRuntime(lanes.pick());
    UuidV7 ids = new UuidV7(options.clock()::millis, () -> ThreadLocalRandom.current().nextLong());
    this.threads = threads(options);
    this.traces = new TraceEdge(proxy, options.clock());
    this.server = options.advertised() == null ? null : server(lanes.all(), ids);
    this.session = new Session(sessionParts(), this, listeners::tell, ready);
    this.caller =
        new Caller(
            view,
            peers,
            proxy,
            options.clock(),
            System::nanoTime,
            ids,
            options.callDefaults(),
            () -> session.identity().map(BridgeIdentity::serviceId).orElse(""),
            listeners::tell);
    this.events =
        new EventEdge(
            proxy,
            control,
            options.events(),
            subscriptions,
            threads,
            ids,
            traces.writers(),
            options.clock(),
            listeners::tell);
  }

  @Override
  public void start() {
    session.start();
  }

  @Override
  public CompletableFuture<Void> stop(boolean again) {
    return again ? session.stopped() : session.stop();
  }

  @Override
  public void redeclare() {
    session.redeclare();
  }

  @Override
  public Optional<BridgeIdentity> identity() {
    return session.identity();
  }

  @Override
  public Caller caller() {
    return caller;
  }

  @Override
  public Outlet outlet() {
    return events.outlet();
  }

  @Override
  public TraceWatch watchTrace(String traceId, WatchOptions watched) {
    return traces.watch(traceId, watched);
  }

  @Override
  public EventPost post() {
    return events.post();
  }

  @Override
  public DeadLetterBox deadLetters() {
    return events.deadLetters();
  }

  @Override
  public RegistryView view() {
    return view;
  }

  @Override
  public void useLeaf(Leaf leaf) {
    dialer.use(leaf.identity());
    if (server != null) {
      server.useLeaf(leaf);
    }
  }

  @Override
  public Future<Void> bind(Leaf leaf) {
    BridgeOptions.Advertised at = options.advertised();
    if (server == null || at == null) {
      return Future.succeededFuture();
    }
    return server
        .listen(leaf, at.bindHost(), at.port())
        .map(
            port -> {
              callEndpoint = at.endpoint(port);
              if (!at.chosen() && !handlers.isEmpty()) {
                LOG.log(
                    Level.WARNING,
                    "calls are taken on {0}, which other machines cannot reach; see advertise",
                    callEndpoint);
              }
              return null;
            });
  }

  @Override
  public RegisterRequest registration(boolean leaving) {
    RegisterRequest request = declarations.get();
    return leaving ? request : request.toBuilder().setCallEndpoint(callEndpoint).build();
  }

  @Override
  public void viewChanged() {
    Revocations revocations = view.revocations();
    peers.cut(peer -> revocations.revoked(peer.serviceId(), peer.instanceId()));
    Routes routes = view.routes();
    peers.retain(peer -> routes.callable(peer.instanceId()));
  }

  @Override
  public void welcomed(List<String> features) {
    events.welcomed(features);
    traces.welcomed();
  }

  @Override
  public void registered() {
    events.registered();
  }

  @Override
  public void sessionClosed() {
    events.sessionClosed();
    traces.sessionClosed();
  }

  @Override
  public Future<Void> drain() {
    Future<Void> calls = server == null ? Future.succeededFuture() : server.drain();
    return Future.all(calls, events.drain()).compose(v -> traces.drain());
  }

  @Override
  public synchronized Future<Void> close() {
    if (closing == null) {
      caller.close();
      control.lane().execute(events::close);
      traces.close();
      closing = closeServer().onComplete(v -> closeChannels());
    }
    return closing;
  }

  @Override
  public Future<Void> shutDown() {
    return close().eventually(this::closeVertx);
  }

  private Future<Void> closeServer() {
    Duration grace = BridgeOptions.CLOSE_GRACE;
    return server == null ? Future.succeededFuture() : server.close(grace);
  }

  private void closeChannels() {
    peers.close();
    proxy.close();
    control.close();
    threads.close();
  }

  private Future<Void> closeVertx() {
    return ownVertx ? vertx.close() : Future.succeededFuture();
  }

  private PinnedChannel toRuntime(Lane lane) {
    return new PinnedChannel(
        lane, dialer, options.runtime(), SpiffeId.runtime(), Transport.IDLE_CHANNEL);
  }

  private CallServer server(List<Lane> lanes, UuidV7 ids) {
    return new CallServer(
        vertx,
        lanes,
        key.ca(),
        options.limits(),
        view,
        handlers,
        threads,
        options.clock(),
        ids,
        traces.writers());
  }

  private SessionParts sessionParts() {
    return new SessionParts(
        vertx,
        control,
        options.runtime(),
        key,
        options.rules(),
        options.renewal(),
        options.clock(),
        view,
        options.failOnPolicyViolation());
  }

  private static HandlerThreads threads(BridgeOptions options) {
    Executor own = options.executor();
    return own != null ? HandlerThreads.of(own) : HandlerThreads.create();
  }

  private static int laneCount() {
    return Math.min(MAX_LANES, Runtime.getRuntime().availableProcessors());
  }

  private static Vertx newVertx(BooleanSupplier started) {
    VertxOptions options =
        new VertxOptions()
            .setEventLoopPoolSize(laneCount())
            .setWorkerPoolSize(2)
            .setPreferNativeTransport(true)
            .setUseDaemonThread(true);
    Vertx vertx = Vertx.vertx(LoopWatch.measured(options));
    LoopWatch.listen(vertx, task -> heldUp(task, started.getAsBoolean()));
    return vertx;
  }

  /**
   * By what the application runs on our loops, most of the time; before it is ready, by the loading
   * of classes, which delays nobody.
   */
  private static void heldUp(LoopWatch.Held task, boolean started) {
    if (task.first()) {
      String text =
          "thread_held_up thread=%s ms=%d limit_ms=%d"
              .formatted(task.thread(), task.lasted().toMillis(), task.limit().toMillis());
      LOG.log(started ? Level.WARNING : Level.DEBUG, text, task.trace());
    }
  }
}
