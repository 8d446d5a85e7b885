package io.trestle.kernel;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.trestle.kernel.bus.LocalBus;
import io.trestle.kernel.config.Configuration;
import io.trestle.kernel.config.DatabaseConfig;
import io.trestle.kernel.database.Database;
import io.trestle.kernel.database.DatabaseProvider;
import io.trestle.kernel.database.DatabaseState;
import io.trestle.kernel.database.Dsn;
import io.trestle.kernel.database.EmbeddedDatabase;
import io.trestle.kernel.database.EmbeddedOptions;
import io.trestle.kernel.database.KernelInfo;
import io.trestle.kernel.database.MigrationSet;
import io.trestle.kernel.database.UrlDatabase;
import io.trestle.kernel.gateway.BoundAddress;
import io.trestle.kernel.gateway.GatewayServer;
import io.trestle.kernel.pipeline.ConnectionSource;
import io.trestle.kernel.pipeline.Fence;
import io.trestle.kernel.pipeline.Lane;
import io.trestle.kernel.pipeline.LaneState;
import io.trestle.kernel.pipeline.WritePipeline;
import io.trestle.kernel.settings.ConsoleSettings;
import io.trestle.kernel.settings.NetworkSettings;
import io.trestle.kernel.settings.RuntimeSettings;
import io.trestle.kernel.settings.SettingKey;
import io.trestle.kernel.settings.SettingsCatalog;
import io.trestle.kernel.settings.SettingsStore;
import io.trestle.kernel.state.RuntimeInfo;
import io.trestle.kernel.state.StateDirectory;
import io.trestle.kernel.web.MetricsServer;
import io.trestle.kernel.web.SettingsService;
import io.trestle.kernel.web.SystemService;
import io.trestle.kernel.web.WebOptions;
import io.trestle.kernel.web.WebServer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The start, one part after the other (foundation.md 1.4): configuration, database, leader lock,
 * migrations, seeds, pipeline, modules in dependency order, HTTP, and gRPC last, when everything
 * behind it is ready. Each part that was started leaves a way to stop it; a failure runs these in
 * reverse and names its part.
 */
final class Startup {
  private static final Logger LOG = LoggerFactory.getLogger(Startup.class);

  private final TrestleOptions options;
  private final Configuration configuration;
  private final Vertx vertx;
  private final Undo undo = new Undo();
  private final PrometheusMeterRegistry meters =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final HeldLoops loops;
  private final List<Module> installed;
  private final List<Module> enabled;
  private final UUID kernelId;
  private final Ids ids;
  private volatile boolean cancelled;
  private volatile @Nullable DatabaseProvider provider;

  Startup(TrestleOptions options, Vertx vertx) {
    this.options = options;
    this.configuration = options.configuration();
    this.vertx = vertx;
    this.installed = part("configuration", () -> ModuleOrder.of(options.modules()));
    this.enabled = part("configuration", this::enabledModules);
    this.ids = House.ids(options.clock());
    this.kernelId = ids.next();
    undo.add("metrics", this::closeMeters);
    this.loops = HeldLoops.watch(vertx, meters);
  }

  private Future<Void> closeMeters() {
    meters.close();
    return Future.succeededFuture();
  }

  private List<Module> enabledModules() {
    Set<String> wanted = configuration.modules();
    configuration.requireInstalled(installed.stream().map(Module::name).toList());
    List<Module> modules = installed.stream().filter(m -> wanted.contains(m.name())).toList();
    Map<String, Record> configs = new LinkedHashMap<>();
    modules.forEach(m -> configs.put(m.name(), configuration.module(m.name(), m.configType())));
    LOG.info("effective configuration:\n{}", configuration.effective(configs));
    return ModuleOrder.of(modules);
  }

  /**
   * Ends the start: what waits for the database gives up, and no further part is begun. The future
   * of the start then fails; what was started is undone as after any failure.
   */
  void cancel() {
    cancelled = true;
    DatabaseProvider begun = provider;
    if (begun != null) {
      begun.cancel();
    }
  }

  /** The value of a part, unless the start was cancelled meanwhile. */
  private <T> Future<T> goOn(Future<T> part) {
    return part.compose(
        value -> cancelled ? Future.failedFuture(whyCancelled()) : Future.succeededFuture(value));
  }

  private static StartFailure whyCancelled() {
    return new StartFailure("start", new CancellationException("cancelled before it was ready"));
  }

  /** Stops what was started. */
  Undo undo() {
    return undo;
  }

  /** Schema and settings only; no CA, no lock, no listener. */
  Future<Void> migrate() {
    return openDatabase()
        .compose(database -> migrate(database).compose(v -> seed(database)))
        .mapEmpty();
  }

  /** The whole start. */
  Future<Trestle> run() {
    return goOn(openDatabase().compose(this::lead)).onSuccess(ready -> provider = null);
  }

  private Future<Trestle> lead(Database database) {
    return goOn(part("leader lock", database.leaderLock().acquire()))
        .compose(v -> migrate(database))
        .compose(v -> part("leader lock", database.leaderLock().register(kernelInfo())))
        .compose(epoch -> serve(database, epoch));
  }

  private Future<Trestle> serve(Database database, long epoch) {
    return goOn(seed(database))
        .compose(
            settings -> startPipeline(database, epoch).map(p -> new Stores(database, settings, p)))
        .compose(stores -> furnish(stores, epoch));
  }

  private record Stores(Database database, RuntimeSettings settings, WritePipeline pipeline) {}

  // ---- database

  private Future<Database> openDatabase() {
    DatabaseConfig config = configuration.database();
    var opts =
        options.database().withAllowUnsafe(config.allowUnsafe()).withProgress(options.progress());
    return goOn(
        started("database", () -> Database.open(vertx, meters, wantedProvider(config), opts))
            .onSuccess(database -> undo.add("database", database::close)));
  }

  /** Told of a cancellation, whether it comes before or after this moment. */
  private DatabaseProvider wantedProvider(DatabaseConfig config) {
    DatabaseProvider made = newProvider(config);
    provider = made;
    if (cancelled) {
      made.cancel();
    }
    return made;
  }

  private DatabaseProvider newProvider(DatabaseConfig config) {
    String url = config.url();
    return url == null
        ? new EmbeddedDatabase(vertx, EmbeddedOptions.in(options.stateRoot()))
        : new UrlDatabase(vertx, Dsn.parse(url));
  }

  private Future<Integer> migrate(Database database) {
    List<MigrationSet> sets = new ArrayList<>();
    sets.add(MigrationSet.kernel());
    installed.stream()
        .filter(Module::hasMigrations)
        .map(m -> new MigrationSet(m.name(), m.getClass().getClassLoader()))
        .forEach(sets::add);
    return goOn(
        part("migrations", database.migrate(sets))
            .onSuccess(n -> LOG.info("schema is current scripts_applied={}", n)));
  }

  private Future<RuntimeSettings> seed(Database database) {
    List<SettingKey<?>> keys = new ArrayList<>(SettingsCatalog.all());
    installed.forEach(m -> keys.addAll(m.settings()));
    return started(
        "settings",
        () -> {
          RuntimeSettings settings =
              new RuntimeSettings(
                      vertx, database.pool(), keys, configuration.settings(), options.poll())
                  .writingThrough(database.writes())
                  .writableWhile(() -> database.state() == DatabaseState.AVAILABLE);
          undo.add("settings", () -> closed(settings::close));
          return new SettingsStore(database.pool())
              .seed(keys)
              .compose(n -> settings.start())
              .compose(v -> settings.follow(database.notifications()))
              .map(settings);
        });
  }

  private static Future<Void> closed(Runnable close) {
    close.run();
    return Future.succeededFuture();
  }

  private Future<WritePipeline> startPipeline(Database database, long epoch) {
    ConnectionSource source = ConnectionSource.of(vertx, database.connectOptions());
    return part(
            "write pipeline",
            WritePipeline.start(
                vertx, source, new Fence(kernelId, epoch), options.pipeline(), meters))
        .onSuccess(
            pipeline -> {
              undo.add("write pipeline", pipeline::close);
              pipeline.onState((lane, state) -> report(database, lane, state));
            });
  }

  /** A cut lane is the first to know that the database is away. */
  private static void report(Database database, Lane lane, LaneState state) {
    if (state == LaneState.AWAY) {
      database.reportTrouble(new IllegalStateException("lane " + lane.label() + " was cut"));
    }
  }

  // ---- house and modules

  private Future<Trestle> furnish(Stores stores, long epoch) {
    StateDirectory state = part("state directory", () -> stateDirectory(stores.database()));
    GatewayServer gateway = new GatewayServer(vertx, options.clock(), meters, options.gateway());
    WebServer web = part("http", () -> new WebServer(vertx, webOptions(stores, state)));
    House house =
        new House(
            vertx,
            options.clock(),
            options.poll(),
            ids,
            stores.database(),
            stores.pipeline(),
            stores.settings(),
            gateway,
            web,
            new LocalBus(vertx),
            meters,
            new ModuleContext.KernelIdentity(kernelId, epoch, Version.current()),
            configuration);
    ReportSink.mountUnlessServed(enabled, gateway);
    gateway.closed("/servicebridge.v1.UI/");
    return startModules(house).compose(v -> open(stores, state, gateway, web, house.kernel));
  }

  private StateDirectory stateDirectory(Database database) {
    return configuration.database().provider() == DatabaseConfig.Provider.EMBEDDED
        ? StateDirectory.embedded(options.stateRoot())
        : StateDirectory.ofDatabase(
            options.stateRoot(), database.systemId(), database.databaseName());
  }

  private WebOptions webOptions(Stores stores, StateDirectory state) {
    RuntimeSettings settings = stores.settings();
    return new WebOptions(
        settings.get(NetworkSettings.UI_HOST),
        settings.get(NetworkSettings.UI_PORT),
        state.adminToken(),
        () -> settings.get(ConsoleSettings.PUBLIC_ORIGIN),
        () -> stores.database().state() == DatabaseState.AVAILABLE);
  }

  private Future<Void> startModules(House house) {
    Future<Void> started = Future.succeededFuture();
    for (Module module : enabled) {
      started = started.compose(v -> startModule(house, module));
    }
    return started;
  }

  private Future<Void> startModule(House house, Module module) {
    undo.add("module " + module.name(), module::stop);
    return goOn(
        started("module " + module.name(), () -> module.start(house.room(module.name())))
            .onSuccess(v -> LOG.info("module started module={}", module.name())));
  }

  // ---- listeners

  private Future<Trestle> open(
      Stores stores,
      StateDirectory state,
      GatewayServer gateway,
      WebServer web,
      ModuleContext.KernelIdentity kernel) {
    RuntimeSettings settings = stores.settings();
    SettingsService.mount(web, settings);
    SystemService.mount(web, kernel.version(), kernel.id(), kernel.epoch());
    return part("http", web.listen())
        .onSuccess(urls -> undo.add("http", web::close))
        .compose(urls -> openMetrics(settings))
        .compose(
            v ->
                part(
                    "grpc",
                    gateway.bind(
                        settings.get(NetworkSettings.GRPC_HOST),
                        settings.get(NetworkSettings.GRPC_PORT))))
        .map(
            bound -> {
              undo.add("grpc", gateway::close);
              return ready(stores, state, gateway, web, bound);
            });
  }

  private Future<Void> openMetrics(RuntimeSettings settings) {
    MetricsServer metrics = new MetricsServer(vertx, meters, settings);
    undo.add("metrics endpoint", metrics::close);
    return part("metrics endpoint", metrics.start());
  }

  private Trestle ready(
      Stores stores,
      StateDirectory state,
      GatewayServer gateway,
      WebServer web,
      List<BoundAddress> bound) {
    List<String> grpc = bound.stream().map(BoundAddress::toString).toList();
    state.writeRuntime(
        RuntimeInfo.ofThisProcess(
            grpc, web.urls(), Instant.ofEpochMilli(options.clock().millis())));
    undo.add("runtime.json", () -> closed(state::removeRuntime));
    LOG.info("ready grpc={} http={}", grpc, web.urls());
    loops.serving();
    Shutdown shutdown =
        new Shutdown(
            enabled,
            gateway,
            web,
            stores.pipeline(),
            stores.settings().get(NetworkSettings.SHUTDOWN_TIMEOUT),
            undo);
    return new Trestle(
        vertx,
        grpc,
        web.urls(),
        state.path(),
        shutdown,
        stores.database(),
        stores.pipeline(),
        meters);
  }

  private KernelInfo kernelInfo() {
    return new KernelInfo(kernelId, ProcessHandle.current().pid(), hostName());
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "localhost";
    }
  }

  /** A part that may fail at once or later. */
  private static <T> Future<T> started(String name, Supplier<Future<T>> start) {
    return part(name, part(name, start));
  }

  private static <T> T part(String name, Supplier<T> make) {
    try {
      return make.get();
    } catch (RuntimeException e) {
      throw named(name, e);
    }
  }

  private static <T> Future<T> part(String name, Future<T> started) {
    return started.recover(e -> Future.failedFuture(named(name, e)));
  }

  private static StartFailure named(String name, Throwable e) {
    return e instanceof StartFailure known ? known : new StartFailure(name, e);
  }
}
