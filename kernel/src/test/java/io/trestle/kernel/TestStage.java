package io.trestle.kernel;

import io.trestle.kernel.config.Configuration;
import io.trestle.kernel.config.Flags;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.pgclient.PgConnectOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A kernel with the tables of one module and nothing that answers for it, so that a test can put
 * parts of the module on it by hand, on an event loop that owns them. Its start never gets beyond
 * the module, so it has no listeners and needs no certificate. Blocking, but for what a turn does.
 */
public final class TestStage implements Module, AutoCloseable {
  private static final Map<String, String> SETTINGS =
      Map.of(
          "network.grpc_host", "127.0.0.1",
          "network.grpc_port", "0",
          "network.ui_host", "127.0.0.1",
          "network.ui_port", "0");

  private final String name;
  private final Clock clock;
  private final Promise<ModuleContext> house = Promise.promise();
  private final Promise<Void> over = Promise.promise();
  private final Future<Trestle> starting;
  private final Context owner;

  private TestStage(String name, Clock clock, PgConnectOptions place) {
    this.name = name;
    this.clock = clock;
    starting = Future.fromCompletionStage(Trestle.start(options(place)));
    await(Future.any(house.future(), starting));
    owner = house().vertx().getOrCreateContext();
  }

  /** A stage for a module, on a new database, on the machine's clock. */
  public static TestStage of(String module) {
    return of(module, Clock.system());
  }

  /** A stage for a module, on a new database, on a clock of the test. */
  public static TestStage of(String module, Clock clock) {
    return new TestStage(module, clock, TestPostgres.newDatabase());
  }

  private TrestleOptions options(PgConnectOptions place) {
    String url =
        "postgres://%s:%s@%s:%d/%s?sslmode=disable"
            .formatted(
                place.getUser(),
                place.getPassword(),
                place.getHost(),
                place.getPort(),
                place.getDatabase());
    Path state = state();
    Configuration configuration =
        Configuration.parse(
            "modules:\n  " + name + ":\n", "test", Map.of(), new Flags(url, state, SETTINGS));
    return TrestleOptions.of(configuration, state).withModules(List.of(this)).withClock(clock);
  }

  private static Path state() {
    try {
      return Files.createTempDirectory("trestle-state-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What a future gives, within 30 s. */
  public static <T> T await(Future<T> future) {
    try {
      return future.await(30, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError("no answer in 30 s", e);
    }
  }

  /** What the module is given. */
  public ModuleContext house() {
    return house.future().result();
  }

  /** The event loop that owns what a test makes. */
  public Context owner() {
    return owner;
  }

  /** Does something on the owner, in one turn. */
  public <T> T on(Callable<T> turn) {
    Promise<T> done = Promise.promise();
    owner()
        .runOnContext(
            v -> {
              try {
                done.complete(turn.call());
              } catch (Exception | AssertionError e) {
                done.fail(e);
              }
            });
    return await(done.future());
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Future<Void> start(ModuleContext context) {
    house.complete(context);
    return over.future();
  }

  @Override
  public Future<Void> stop() {
    return Future.succeededFuture();
  }

  @Override
  public void close() {
    over.fail("the test is over");
    await(starting.transform(v -> Future.succeededFuture()));
  }
}
