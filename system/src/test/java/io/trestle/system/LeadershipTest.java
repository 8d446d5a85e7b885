package io.trestle.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trestle.Acceptance;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceDeps;
import io.trestle.sdk.Transport;
import io.trestle.testing.Sql;
import io.trestle.testing.TestKernel;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Several kernels and one database: what belongs to whom, and what the lock is good for. */
@Timeout(180)
class LeadershipTest {
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final String LEADER = "hashtext('trestle'), hashtext('trestle.leader')";

  @Test
  void start_presenceOfALiveKernel_isLeftAlone() throws SQLException {
    try (TestKernel kernel = TestKernel.onNewDatabase(o -> o);
        Connection alive = kernel.sql().connect()) {
      UUID live = UUID.randomUUID();
      UUID dead = UUID.randomUUID();
      Sql sql = kernel.sql();
      kernel.run();
      kernel.stop();
      kernelRow(sql, live, 100);
      kernelRow(sql, dead, 101);
      execute(alive, "SELECT pg_advisory_lock(hashtext('trestle.kernel'), 100)");
      UUID ofLive = connected(sql, live);
      UUID ofDead = connected(sql, dead);

      kernel.run();

      assertThat(status(sql, ofLive)).containsExactly("connected 127.0.0.1:1");
      assertThat(status(sql, ofDead)).containsExactly("disconnected ");
    }
  }

  private static void kernelRow(Sql sql, UUID id, long epoch) {
    sql.update(
        "INSERT INTO kernels (id, epoch, pid, host) VALUES (?, ?, 1, 'elsewhere')", id, epoch);
  }

  private static UUID connected(Sql sql, UUID kernel) {
    UUID service = UUID.randomUUID();
    UUID instance = UUID.randomUUID();
    sql.update("INSERT INTO services (id, name) VALUES (?, ?)", service, "of-" + kernel);
    sql.update(
        "INSERT INTO service_instances (id, service_id, leaf_not_after, status, call_endpoint,"
            + " session_id, kernel_id)"
            + " VALUES (?, ?, now() + interval '1 hour', 'connected', '127.0.0.1:1', 's', ?)",
        instance,
        service,
        kernel);
    return instance;
  }

  private static List<String> status(Sql sql, UUID instance) {
    return sql.column(
        String.class,
        "SELECT status || ' ' || call_endpoint FROM service_instances WHERE id = ?",
        instance);
  }

  @Test
  @Acceptance("FL-15")
  void lockLostWhileTheDatabaseIsThere_writesAreRefused_callsGoOn_untilItIsRegained()
      throws Exception {
    try (TestKernel kernel = TestKernel.start();
        Connection thief = kernel.sql().connect();
        ServiceBridge server = kernel.client(kernel.service("served")).build();
        ServiceBridge caller = kernel.client(kernel.service("using")).build()) {
      server.rpc().handle("echo", (request, context) -> request);
      server.start();
      caller.service("served", ServiceDeps.rpc("echo"));
      caller.start();

      steal(kernel.sql(), thief);
      await().until(() -> readiness(kernel) == 503);

      assertThat(kernel.sql().count("SELECT count(*) FROM services"))
          .as("it is there")
          .isPositive();
      assertRefused(kernel);
      for (Transport transport : new Transport[] {Transport.DIRECT, Transport.PROXY}) {
        CallOptions options = CallOptions.DEFAULT.withTransport(transport);
        assertThat(caller.rpc().call("served", "echo", new byte[] {3}, options)).containsExactly(3);
      }

      thief.close();
      await().until(() -> readiness(kernel) == 200);
      assertThat(kernel.service("late").apiKey()).startsWith("sb.");
      assertThat(kernel.trestle().ended().toCompletableFuture()).isNotDone();
    }
  }

  /** Queues behind the kernel for its lock, and ends the session that has it. */
  private static void steal(Sql sql, Connection thief) {
    CompletableFuture<Void> stolen =
        CompletableFuture.runAsync(() -> execute(thief, "SELECT pg_advisory_lock(" + LEADER + ")"));
    String locks =
        " FROM pg_locks WHERE locktype = 'advisory' AND objid = hashtext('trestle.leader')::oid"
            + " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    await().until(() -> sql.count("SELECT count(*)" + locks + " AND NOT granted") == 1);
    sql.column(Boolean.class, "SELECT pg_terminate_backend(pid)" + locks + " AND granted");
    stolen.join();
  }

  private static void assertRefused(TestKernel kernel) {
    assertUnavailable(kernel, "ServiceService/Create", new JsonObject().put("name", "late"));
    assertUnavailable(kernel, "ServiceService/Revoke", new JsonObject().put("name", "served"));
    assertUnavailable(
        kernel,
        "SettingsService/UpdateSettings",
        new JsonObject().put("key", "rpc.payload_capture").put("value", "all"));
    assertUnavailable(
        kernel,
        "PolicyService/Set",
        new JsonObject().put("name", "served").put("capabilities", new JsonArray()));
    assertThat(kernel.sql().column(String.class, "SELECT name FROM services ORDER BY 1"))
        .containsExactly("served", "using");
  }

  private static void assertUnavailable(TestKernel kernel, String procedure, JsonObject request) {
    var reply = kernel.admin().call(procedure, request);
    assertThat(reply.status()).as("%s %s", procedure, reply).isEqualTo(503);
  }

  private static int readiness(TestKernel kernel) throws Exception {
    URI ready = URI.create(kernel.http().get(0)).resolve("/readyz");
    return HTTP.send(HttpRequest.newBuilder(ready).build(), HttpResponse.BodyHandlers.discarding())
        .statusCode();
  }

  private static void execute(Connection connection, String sql) {
    try (var statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }
}
