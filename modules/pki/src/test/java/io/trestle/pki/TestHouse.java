package io.trestle.pki;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trestle.kernel.Clock;
import io.trestle.kernel.Ids;
import io.trestle.kernel.ModuleContext;
import io.trestle.kernel.RuntimeIdentity;
import io.trestle.kernel.bus.Bus;
import io.trestle.kernel.bus.LocalBus;
import io.trestle.kernel.config.GatewayConfig;
import io.trestle.kernel.database.Database;
import io.trestle.kernel.database.DatabaseOptions;
import io.trestle.kernel.database.Dsn;
import io.trestle.kernel.database.KernelInfo;
import io.trestle.kernel.database.MigrationSet;
import io.trestle.kernel.database.UrlDatabase;
import io.trestle.kernel.gateway.Access;
import io.trestle.kernel.gateway.BoundAddress;
import io.trestle.kernel.gateway.Call;
import io.trestle.kernel.gateway.Gateway;
import io.trestle.kernel.gateway.GatewayOptions;
import io.trestle.kernel.gateway.GatewayServer;
import io.trestle.kernel.gateway.MethodHandler;
import io.trestle.kernel.pipeline.ConnectionSource;
import io.trestle.kernel.pipeline.Fence;
import io.trestle.kernel.pipeline.PipelineOptions;
import io.trestle.kernel.pipeline.WritePipeline;
import io.trestle.kernel.settings.RuntimeSettings;
import io.trestle.kernel.settings.Settings;
import io.trestle.kernel.settings.SettingsCatalog;
import io.trestle.kernel.state.AdminToken;
import io.trestle.kernel.web.Web;
import io.trestle.kernel.web.WebOptions;
import io.trestle.kernel.web.WebServer;
import io.trestle.protocol.Methods;
import io.trestle.protocol.v1.OpenRequest;
import io.trestle.protocol.v1.ServerControl;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnectOptions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A kernel in the small: every real part, and this module alone on top. The clock is set by hand.
 */
final class TestHouse implements ModuleContext, AutoCloseable {
  private final Vertx vertx;
  private final AtomicLong ahead = new AtomicLong();
  private final Set<UUID> sessions = ConcurrentHashMap.newKeySet();
  private volatile long frozenAt;
  private final MeterRegistry meters = new SimpleMeterRegistry();
  private final Bus bus;
  private final Database database;
  private final WritePipeline pipeline;
  private final RuntimeSettings settings;
  private final GatewayServer gateway;
  private final WebServer web;
  private final AdminToken token = AdminToken.random();
  private final RuntimeIdentity runtimeIdentity = new RuntimeIdentity();
  private final KernelIdentity kernel;
  private final PkiModule module = new PkiModule();
  private BoundAddress address = new BoundAddress("", 0);

  private TestHouse(PgConnectOptions place, Map<String, String> overrides) {
    vertx = Vertx.vertx();
    bus = new LocalBus(vertx);
    database = await(open(place));
    UUID id = UUID.randomUUID();
    await(database.leaderLock().acquire());
    await(
        database.migrate(
            List.of(
                MigrationSet.kernel(), new MigrationSet("pki", PkiModule.class.getClassLoader()))));
    long epoch =
        await(
            database
                .leaderLock()
                .register(new KernelInfo(id, ProcessHandle.current().pid(), "test")));
    kernel = new KernelIdentity(id, epoch, "test");
    pipeline =
        await(
            WritePipeline.start(
                vertx,
                ConnectionSource.of(vertx, database.connectOptions()),
                new Fence(id, epoch),
                PipelineOptions.defaults(),
                meters));
    settings =
        new RuntimeSettings(
            vertx, database.pool(), SettingsCatalog.all(), overrides, Duration.ofSeconds(30));
    gateway = new GatewayServer(vertx, clock(), meters, GatewayOptions.defaults(2));
    web =
        new WebServer(vertx, new WebOptions(List.of("127.0.0.1"), 0, token, () -> "", () -> true));
  }

  /** A database that is migrated and has no kernel. */
  static void migrate(PgConnectOptions place) {
    Vertx vertx = Vertx.vertx();
    Database database = await(open(vertx, new SimpleMeterRegistry(), place));
    await(
        database.migrate(
            List.of(
                MigrationSet.kernel(), new MigrationSet("pki", PkiModule.class.getClassLoader()))));
    await(database.close());
    await(vertx.close());
  }

  /** Starts everything; fails as the module fails, and leaves nothing running then. */
  static TestHouse start(PgConnectOptions place, Map<String, String> overrides) {
    TestHouse house = new TestHouse(place, overrides);
    try {
      await(house.settings.start());
      await(house.module.start(house));
      house.mountSession();
      house.address = await(house.gateway.bind("127.0.0.1", 0)).get(0);
      await(house.web.listen());
      return house;
    } catch (RuntimeException e) {
      house.close();
      throw e;
    }
  }

  static TestHouse start(PgConnectOptions place) {
    return start(place, Map.of());
  }

  /** Stands in for the registry: a control stream that is welcomed and stays open. */
  private void mountSession() {
    gateway.method(
        new MethodHandler.ServerStreaming<>(
            Methods.OPEN.path(),
            Access.SERVICE,
            1024,
            OpenRequest.parser(),
            (Call call, OpenRequest request, MethodHandler.Outbound<ServerControl> out) -> {
              UUID id = call.caller().instanceId();
              sessions.add(id);
              call.aborted().onComplete(over -> sessions.remove(id));
            }));
  }

  /** Instances with an open session. */
  Set<UUID> sessions() {
    return sessions;
  }

  int port() {
    return address.port();
  }

  int webPort() {
    return web.port();
  }

  String token() {
    return token.reveal();
  }

  /** From now on time moves by {@link #advance} only. */
  void freeze() {
    frozenAt = System.currentTimeMillis();
  }

  void advance(Duration time) {
    ahead.addAndGet(time.toMillis());
  }

  @Override
  public void close() {
    await(module.stop());
    await(gateway.close());
    await(web.close());
    await(pipeline.close());
    await(database.close());
    await(vertx.close());
  }

  static <T> T await(Future<T> future) {
    try {
      return future.await(20, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError("no answer in 20 s", e);
    }
  }

  private Future<Database> open(PgConnectOptions place) {
    return open(vertx, meters, place);
  }

  private static Future<Database> open(Vertx vertx, MeterRegistry meters, PgConnectOptions place) {
    Dsn dsn =
        Dsn.parse(
            "postgres://%s:%s@%s:%d/%s?sslmode=disable"
                .formatted(
                    place.getUser(),
                    place.getPassword(),
                    place.getHost(),
                    place.getPort(),
                    place.getDatabase()));
    return Database.open(vertx, meters, new UrlDatabase(vertx, dsn), DatabaseOptions.standard());
  }

  @Override
  public Vertx vertx() {
    return vertx;
  }

  @Override
  public Clock clock() {
    return () -> (frozenAt == 0 ? System.currentTimeMillis() : frozenAt) + ahead.get();
  }

  @Override
  public Ids ids() {
    return UUID::randomUUID;
  }

  @Override
  public Database database() {
    return database;
  }

  @Override
  public WritePipeline pipeline() {
    return pipeline;
  }

  @Override
  public Settings settings() {
    return settings;
  }

  @Override
  public Gateway gateway() {
    return gateway;
  }

  @Override
  public RuntimeIdentity runtimeIdentity() {
    return runtimeIdentity;
  }

  @Override
  public Web web() {
    return web;
  }

  @Override
  public Bus bus() {
    return bus;
  }

  @Override
  public MeterRegistry meters() {
    return meters;
  }

  @Override
  public KernelIdentity kernel() {
    return kernel;
  }

  @Override
  public <C extends Record> C config(Class<C> type) {
    return type.cast(new GatewayConfig(List.of("trestle.example")));
  }

  @Override
  public <T> void contribute(Class<T> kind, T extension) {}

  @Override
  public <T> List<T> contributions(Class<T> kind) {
    return List.of();
  }
}
