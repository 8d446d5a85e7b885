package io.trestle.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trestle.Acceptance;
import io.trestle.kernel.Module;
import io.trestle.kernel.settings.SettingKey;
import io.trestle.kernel.settings.SettingsCatalog;
import io.trestle.sdk.BridgeEvent;
import io.trestle.sdk.ServiceBridge;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the official test suites do with a runtime: wire.md 8.4, console.md 2. */
class HarnessContractTest {
  @TempDir Path state;
  @TempDir Path otherState;

  @Test
  @Acceptance({"CO-1", "WI-60"})
  void migrate_emptyDatabase_makesSchemaAndSettingsButNoAuthority() {
    TestDatabase database = new TestDatabase();

    try (KernelProcess first = KernelProcess.start(state, "-pg-url", database.url(), "-migrate")) {
      assertThat(first.awaitExit()).as(first.err()).isZero();
      assertThat(first.out()).contains("\"migrated\": true");
    }
    List<List<@Nullable String>> settings =
        database.query("SELECT key, value, updated_at FROM runtime_settings ORDER BY key");
    CliRun second = CliRun.of(state, "--pg-url", database.url(), "--migrate");

    assertThat(second.exit()).as(second.err()).isZero();
    assertThat(settings.stream().map(row -> row.get(0)).toList())
        .containsExactlyInAnyOrderElementsOf(declaredKeys());
    assertThat(database.query("SELECT key, value, updated_at FROM runtime_settings ORDER BY key"))
        .isEqualTo(settings);
    assertThat(database.value("SELECT count(*) FROM runtime_ca")).isEqualTo("0");
    assertThat(database.value("SELECT count(*) FROM kernels")).isEqualTo("0");
  }

  private static List<String> declaredKeys() {
    Stream<SettingKey<?>> ofModules =
        ServiceLoader.load(Module.class).stream().flatMap(m -> m.get().settings().stream());
    return Stream.concat(SettingsCatalog.all().stream(), ofModules)
        .<String>map(SettingKey::name)
        .distinct()
        .toList();
  }

  @Test
  @Acceptance({"CO-2", "CO-3", "CO-4", "CO-5", "CO-6", "WI-61", "WI-62", "WI-63"})
  void kernel_preparedBySql_servesWhatWasCopiedAndComesBackOnItsPorts() throws IOException {
    TestDatabase source = new TestDatabase();
    String key;
    try (SourceKernel other = SourceKernel.start(otherState, source)) {
      key = other.createService("e2e-rpc-1");
    }
    TestDatabase database = new TestDatabase();
    assertThat(CliRun.of(state, "-pg-url", database.url(), "-migrate").exit()).isZero();
    copy(source, database, "runtime_ca", "id", "cert_der", "key_der");
    copy(source, database, "services", "id", "name", "key_id", "secret_hash", "status");
    int grpcPort = setPorts(database);
    List<BridgeEvent> events = new CopyOnWriteArrayList<>();
    ServiceBridge client =
        ServiceBridge.builder("127.0.0.1:" + grpcPort, key)
            .callerOnly()
            .reconnectInterval(Duration.ofMillis(200))
            .build();

    try (KernelProcess first = KernelProcess.start(state, "-pg-url", database.url())) {
      awaitAccepting(first, grpcPort);
      // No second attempt: whoever connects at the first moment is served.
      WireClient.provision("127.0.0.1:" + grpcPort, key).close();
      client.listen(events::add);
      client.start();
      assertThat(events).noneMatch(BridgeEvent.Reconnecting.class::isInstance);
      assertThat(connections(database)).isLessThanOrEqualTo(8);
      assertThat(storedPort(database)).isEqualTo(String.valueOf(grpcPort));
      first.awaitReady();
      assertThat(first.grpcPort()).isEqualTo(grpcPort);
      assertThat(status(first.http() + "/readyz")).isEqualTo(200);

      first.terminate();
      // Zero is an orderly stop: one that is cut off before 5 s ends with another code.
      assertThat(first.awaitExit()).as(first.err()).isZero();
    }
    await().until(() -> events.stream().anyMatch(BridgeEvent.Draining.class::isInstance));
    try (KernelProcess second = KernelProcess.start(state, "-pg-url", database.url())) {
      second.awaitReady();
      await()
          .atMost(Duration.ofSeconds(40))
          .until(
              () -> events.stream().filter(BridgeEvent.Connected.class::isInstance).count() == 2);
      assertThat(connections(database)).isLessThanOrEqualTo(8);
    } finally {
      client.stop();
    }
  }

  private static int setPorts(TestDatabase database) {
    int grpcPort = FreePorts.next();
    Map<String, Integer> ports =
        Map.of(
            "network.grpc_port", grpcPort,
            "network.ui_port", FreePorts.next(),
            "network.obsexport_port", FreePorts.next());
    ports.forEach(
        (key, port) ->
            database.execute(
                "UPDATE runtime_settings SET value = '%d' WHERE key = '%s'".formatted(port, key)));
    return grpcPort;
  }

  private static String storedPort(TestDatabase database) {
    return database.value("SELECT value FROM runtime_settings WHERE key = 'network.grpc_port'");
  }

  private static void awaitAccepting(KernelProcess kernel, int port) {
    await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(5))
        .until(() -> !kernel.isAlive() || FreePorts.accepts(port));
  }

  private static int connections(TestDatabase database) {
    return Integer.parseInt(
        database.value(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = '%s' AND pid <> pg_backend_pid()"
                .formatted(database.name())));
  }

  private static int status(String url) throws IOException {
    try {
      return HttpClient.newHttpClient()
          .send(
              HttpRequest.newBuilder(URI.create(url)).build(),
              HttpResponse.BodyHandlers.discarding())
          .statusCode();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** Copies columns of all rows, as the suites do: what is there already stays. */
  private static void copy(TestDatabase from, TestDatabase to, String table, String... columns) {
    String names = String.join(", ", columns);
    String marks = "?" + ", ?".repeat(columns.length - 1);
    try (Connection source = io.trestle.kernel.TestPostgres.jdbc(from.options());
        Connection target = io.trestle.kernel.TestPostgres.jdbc(to.options());
        ResultSet rows =
            source.createStatement().executeQuery("SELECT %s FROM %s".formatted(names, table));
        PreparedStatement insert =
            target.prepareStatement(
                "INSERT INTO %s (%s) VALUES (%s) ON CONFLICT (id) DO NOTHING"
                    .formatted(table, names, marks))) {
      while (rows.next()) {
        for (int i = 1; i <= columns.length; i++) {
          insert.setObject(i, rows.getObject(i));
        }
        insert.executeUpdate();
      }
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }
}
