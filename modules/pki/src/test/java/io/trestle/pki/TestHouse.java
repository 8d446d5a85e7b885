package io.trestle.pki;

import io.micrometer.core.instrument.MeterRegistry;
import io.trestle.kernel.StartFailure;
import io.trestle.kernel.Trestle;
import io.trestle.kernel.TrestleOptions;
import io.trestle.kernel.bus.Bus;
import io.trestle.kernel.config.Configuration;
import io.trestle.kernel.config.Flags;
import io.trestle.kernel.database.Database;
import io.trestle.kernel.state.AdminToken;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnectOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/** A kernel with this module, and a {@link Lobby} on top. The clock is set by hand. */
final class TestHouse implements AutoCloseable {
  private static final String MODULES =
      """
      modules:
        pki:
        lobby:
      """;

  private final AtomicLong ahead = new AtomicLong();
  private final Lobby lobby = new Lobby();
  private final Trestle trestle;
  private volatile long frozenAt;

  private TestHouse(PgConnectOptions place, Map<String, String> overrides) {
    TrestleOptions options = options(place, overrides, lobby).withClock(this::millis);
    trestle = settled(Trestle.start(options));
  }

  /** A database that is migrated and has no kernel. */
  static void migrate(PgConnectOptions place) {
    settled(Trestle.migrate(options(place, Map.of(), new Lobby())));
  }

  /** Starts everything; fails as the kernel fails, and leaves nothing running then. */
  static TestHouse start(PgConnectOptions place, Map<String, String> overrides) {
    return new TestHouse(place, overrides);
  }

  static TestHouse start(PgConnectOptions place) {
    return start(place, Map.of());
  }

  private static TrestleOptions options(
      PgConnectOptions place, Map<String, String> overrides, Lobby lobby) {
    Map<String, String> settings = new HashMap<>(overrides);
    settings.put("network.grpc_host", "127.0.0.1");
    settings.put("network.grpc_port", "0");
    settings.put("network.ui_host", "127.0.0.1");
    settings.put("network.ui_port", "0");
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
        Configuration.parse(MODULES, "test", Map.of(), new Flags(url, state, settings));
    return TrestleOptions.of(configuration, state).withModules(List.of(new PkiModule(), lobby));
  }

  private static Path state() {
    try {
      return Files.createTempDirectory("trestle-state-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Instances with an open session. */
  Set<UUID> sessions() {
    return lobby.sessions();
  }

  int port() {
    return URI.create("grpc://" + trestle.grpc().get(0)).getPort();
  }

  /** URL of the HTTP listener. */
  URI web() {
    return URI.create(trestle.http().get(0));
  }

  String token() {
    try {
      return Files.readString(trestle.state().resolve(AdminToken.FILE)).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private long millis() {
    return (frozenAt == 0 ? System.currentTimeMillis() : frozenAt) + ahead.get();
  }

  /** From now on time moves by {@link #advance} only. */
  void freeze() {
    frozenAt = System.currentTimeMillis();
  }

  void advance(Duration time) {
    ahead.addAndGet(time.toMillis());
  }

  Vertx vertx() {
    return lobby.house().vertx();
  }

  Bus bus() {
    return lobby.house().bus();
  }

  Database database() {
    return lobby.house().database();
  }

  MeterRegistry meters() {
    return trestle.meters();
  }

  @Override
  public void close() {
    settled(trestle.stop());
  }

  private static <T> T settled(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().get(60, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof StartFailure failure) {
        throw failure;
      }
      throw new AssertionError(e);
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  static <T> T await(Future<T> future) {
    try {
      return future.await(60, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError("no answer in 20 s", e);
    }
  }
}
