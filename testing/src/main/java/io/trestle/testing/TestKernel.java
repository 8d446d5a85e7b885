package io.trestle.testing;

import io.trestle.kernel.Trestle;
import io.trestle.kernel.TrestleOptions;
import io.trestle.kernel.config.Configuration;
import io.trestle.kernel.config.Flags;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceBridgeBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A kernel in this JVM on a database of its own. It can be stopped and started again on the same
 * database and ports, as after a restart. Blocking; not for event loops.
 */
public final class TestKernel implements AutoCloseable {
  private static final String MODULES =
      """
      modules:
        pki:
        registry:
        rpc:
        events:
        traces:
      """;

  /** A database with the schema of today, made once: copying it takes a tenth of migrating. */
  private static final class Schema {
    private static final String DATABASE = make();

    private static String make() {
      String database = newDatabase();
      onDatabase(database, options -> options).migrate();
      return database;
    }
  }

  private final String databaseUrl;
  private final Path state;
  private final UnaryOperator<TrestleOptions> adjust;
  private final Map<String, String> settings = new HashMap<>();
  private @Nullable Trestle running;
  private @Nullable AdminClient admin;

  private TestKernel(String databaseUrl, Path state, UnaryOperator<TrestleOptions> adjust) {
    this.databaseUrl = databaseUrl;
    this.state = state;
    this.adjust = adjust;
    settings.put("network.grpc_port", "0");
    settings.put("network.grpc_host", "127.0.0.1");
    settings.put("network.ui_port", "0");
    settings.put("network.ui_host", "127.0.0.1");
    settings.put("network.obsexport_port", "0");
  }

  /** A kernel on a new database, started. */
  public static TestKernel start() {
    return start(options -> options);
  }

  /** A kernel on a new database with other options, started. */
  public static TestKernel start(UnaryOperator<TrestleOptions> adjust) {
    TestKernel kernel = onNewDatabase(adjust);
    kernel.run();
    return kernel;
  }

  /** A kernel on a new database that has the schema already, not started yet. */
  public static TestKernel onNewDatabase(UnaryOperator<TrestleOptions> adjust) {
    return onDatabase(SharedPostgres.get().copyOf(Schema.DATABASE, 8), adjust);
  }

  /** A kernel on a given database, not started yet. */
  public static TestKernel onDatabase(String databaseUrl, UnaryOperator<TrestleOptions> adjust) {
    try {
      Path state = Files.createTempDirectory("trestle-state-");
      return new TestKernel(databaseUrl, state, adjust);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A new empty database on the shared PostgreSQL. */
  public static String newDatabase() {
    return SharedPostgres.get().newDatabase(8);
  }

  /** Sets a runtime setting of this process, for the next start. */
  public TestKernel with(String key, String value) {
    settings.put(key, value);
    return this;
  }

  /** Starts it; the second time on the ports of the first. */
  public void run() {
    Configuration configuration =
        Configuration.parse(
            MODULES, "test configuration", Map.of(), new Flags(databaseUrl, state, settings));
    TrestleOptions options = adjust.apply(TrestleOptions.of(configuration, state));
    Trestle started = SharedPostgres.await(Trestle.start(options).toCompletableFuture());
    running = started;
    admin = new AdminClient(started.http().get(0), started.state());
    settings.put("network.grpc_port", port(started.grpc().get(0)));
    settings.put("network.ui_port", port(started.http().get(0)));
  }

  private static String port(String address) {
    return address.substring(address.lastIndexOf(':') + 1).replace("/", "");
  }

  /** Applies the schema and seeds the settings, as {@code -migrate} does. */
  public void migrate() {
    Configuration configuration =
        Configuration.parse(
            MODULES, "test configuration", Map.of(), new Flags(databaseUrl, state, settings));
    SharedPostgres.await(
        Trestle.migrate(adjust.apply(TrestleOptions.of(configuration, state)))
            .toCompletableFuture());
  }

  /** Drains and stops it. The database stays. Idempotent. */
  public void stop() {
    Trestle trestle = running;
    if (trestle != null) {
      running = null;
      SharedPostgres.await(trestle.stop().toCompletableFuture());
    }
  }

  /** Stops it and drops the database. */
  @Override
  public void close() {
    stop();
    SharedPostgres.get().dropDatabase(databaseUrl);
  }

  /** The running kernel. */
  public Trestle trestle() {
    Trestle trestle = running;
    if (trestle == null) {
      throw new IllegalStateException("the kernel does not run");
    }
    return trestle;
  }

  /** gRPC address, {@code host:port}. */
  public String grpc() {
    return "127.0.0.1:" + settings.get("network.grpc_port");
  }

  /** DSN of its database. */
  public String databaseUrl() {
    return databaseUrl;
  }

  /** Its database, for what a test writes or reads beside it. */
  public Sql sql() {
    return Sql.on(databaseUrl);
  }

  /** The admin API. */
  public AdminClient admin() {
    AdminClient client = admin;
    if (client == null) {
      throw new IllegalStateException("the kernel was never started");
    }
    return client;
  }

  /** Makes a service and returns its bootstrap key. */
  public ServiceKey service(String name) {
    return admin().createService(name);
  }

  /** A client of the kernel under a key; options are set on it before it is built and started. */
  public ServiceBridgeBuilder client(ServiceKey key) {
    return ServiceBridge.builder(grpc(), key.apiKey());
  }

  /** Addresses of the HTTP listener. */
  public List<String> http() {
    return trestle().http();
  }

  /**
   * A service and its key.
   *
   * @param id service id
   * @param name service name
   * @param apiKey bootstrap key, shown this once
   */
  public record ServiceKey(String id, String name, String apiKey) {
    /** Never the key. */
    @Override
    public String toString() {
      return "ServiceKey[" + name + "]";
    }
  }
}
