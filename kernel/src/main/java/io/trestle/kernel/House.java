package io.trestle.kernel;

import io.micrometer.core.instrument.MeterRegistry;
import io.trestle.kernel.bus.Bus;
import io.trestle.kernel.config.Configuration;
import io.trestle.kernel.config.GatewayConfig;
import io.trestle.kernel.database.Database;
import io.trestle.kernel.gateway.Gateway;
import io.trestle.kernel.pipeline.WritePipeline;
import io.trestle.kernel.settings.Settings;
import io.trestle.kernel.web.Web;
import io.trestle.protocol.UuidV7;
import io.vertx.core.Vertx;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Everything that modules share. Each module gets a {@link Room} of it that knows the module's
 * configuration.
 */
final class House {
  final Vertx vertx;
  final Clock clock;
  final Duration poll;
  final Ids ids;
  final Database database;
  final WritePipeline pipeline;
  final Settings settings;
  final Gateway gateway;
  final Web web;
  final Bus bus;
  final MeterRegistry meters;
  final ModuleContext.KernelIdentity kernel;
  final Configuration configuration;
  final RuntimeIdentity runtimeIdentity = new RuntimeIdentity();
  private final Map<Class<?>, List<Object>> contributions = new ConcurrentHashMap<>();

  House(
      Vertx vertx,
      Clock clock,
      Duration poll,
      Ids ids,
      Database database,
      WritePipeline pipeline,
      Settings settings,
      Gateway gateway,
      Web web,
      Bus bus,
      MeterRegistry meters,
      ModuleContext.KernelIdentity kernel,
      Configuration configuration) {
    this.vertx = vertx;
    this.clock = clock;
    this.poll = poll;
    this.ids = ids;
    this.database = database;
    this.pipeline = pipeline;
    this.settings = settings;
    this.gateway = gateway;
    this.web = web;
    this.bus = bus;
    this.meters = meters;
    this.kernel = kernel;
    this.configuration = configuration;
  }

  /** Identifiers from the clock of the house. */
  static Ids ids(Clock clock) {
    UuidV7 generator = new UuidV7(clock::millis, new SecureRandom());
    return generator::next;
  }

  ModuleContext room(String module) {
    return new Room(module);
  }

  private final class Room implements ModuleContext {
    private final String module;

    Room(String module) {
      this.module = module;
    }

    @Override
    public Vertx vertx() {
      return vertx;
    }

    @Override
    public Clock clock() {
      return clock;
    }

    @Override
    public Duration poll() {
      return poll;
    }

    @Override
    public Ids ids() {
      return ids;
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
      return type == GatewayConfig.class
          ? type.cast(configuration.gateway())
          : configuration.module(module, type);
    }

    @Override
    public <T> void contribute(Class<T> kind, T extension) {
      contributions.computeIfAbsent(kind, k -> new CopyOnWriteArrayList<>()).add(extension);
    }

    @Override
    public <T> List<T> contributions(Class<T> kind) {
      List<T> all = new ArrayList<>();
      contributions.getOrDefault(kind, List.of()).forEach(e -> all.add(kind.cast(e)));
      return all;
    }
  }
}
