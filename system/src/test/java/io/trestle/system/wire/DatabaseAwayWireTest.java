package io.trestle.system.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.Status;
import io.trestle.Acceptance;
import io.trestle.protocol.v1.RegisterRequest;
import io.trestle.protocol.v1.RegistryEvent;
import io.trestle.system.Switch;
import io.trestle.testing.Sql;
import io.trestle.testing.TestKernel;
import io.trestle.testing.TestKernel.ServiceKey;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What must be stored while the database is away, or neither answers nor refuses. */
@Timeout(180)
class DatabaseAwayWireTest {
  /** Kernel, line and a way around it. */
  private interface Scenario {
    void play(TestKernel kernel, Switch line, Sql sql);
  }

  private static void onALine(Scenario scenario) {
    String direct = TestKernel.newDatabase();
    int port = URI.create(direct).getPort();
    try (Switch line = new Switch(port);
        TestKernel kernel =
            TestKernel.onDatabase(
                direct.replace(":" + port + "/", ":" + line.port() + "/"), o -> o)) {
      kernel.run();
      scenario.play(kernel, line, Sql.on(direct));
    }
  }

  @Test
  @Acceptance("RG-20")
  void changedDeclaration_databaseAway_isUnavailableWithoutSnapshot_untilItIsStored() {
    onALine(
        (kernel, line, sql) -> {
          ServiceKey service = kernel.service("declaring");
          try (WireInstance instance =
              WireInstance.provision(kernel.grpc(), WireKey.parse(service.apiKey()))) {
            instance.connect();
            instance.register(Declare.handlers("127.0.0.1:1", "a")).first();
            assertThat(methods(sql, instance))
                .as("stored before the snapshot")
                .containsExactly("a");

            line.off();
            instance.register(Declare.handlers("127.0.0.1:1", "a")).first();
            WireStream<RegisterRequest, RegistryEvent> changed =
                instance.register(Declare.handlers("127.0.0.1:1", "a", "b"));

            Ended<RegistryEvent> end = changed.ended();
            assertThat(end.code()).isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(end.messages()).isEmpty();
            assertThat(methods(sql, instance)).containsExactly("a");

            line.on();
            await().until(() -> takes(instance, "a", "b"));
            assertThat(methods(sql, instance)).containsExactly("a", "b");
          }
        });
  }

  private static boolean takes(WireInstance instance, String... methods) {
    var stream = instance.register(Declare.handlers("127.0.0.1:1", methods));
    await().until(() -> stream.isOver() || !stream.messages().isEmpty());
    return !stream.messages().isEmpty();
  }

  private static List<String> methods(Sql sql, WireInstance instance) {
    return sql.column(
        String.class,
        "SELECT method_name FROM service_methods WHERE instance_id = ? ORDER BY 1",
        UUID.fromString(instance.id()));
  }

  @Test
  @Acceptance("FL-15")
  void operatorsAndUnknownKeys_databaseHangs_areRefusedWhileItDoes() {
    onALine(
        (kernel, line, sql) -> {
          WireKey key = WireKey.parse(kernel.service("known").apiKey());
          WireKey unknown = WireKey.parse(kernel.service("gone").apiKey());
          sql.update("DELETE FROM services WHERE name = 'gone'");
          await().until(() -> kernel.admin().ok("ServiceService/List", json()).size() == 1);

          line.hang();

          List<CompletableFuture<Integer>> answers =
              List.of(
                  asked(kernel, "ServiceService/Create", json().put("name", "late")),
                  asked(kernel, "ServiceService/List", json()),
                  asked(kernel, "ServiceService/Revoke", json().put("name", "known")),
                  asked(
                      kernel,
                      "PolicyService/Set",
                      json().put("name", "known").put("capabilities", new JsonArray())));
          try (WireClient stranger = WireClient.toRuntime(kernel.grpc(), key.ca(), null)) {
            var refused = stranger.provision(unknown, Certificates.request(Certificates.p256()));
            assertThat(refused.code()).isEqualTo(Status.Code.UNAVAILABLE);
          }
          assertThat(answers).allSatisfy(answer -> assertThat(answer.join()).isEqualTo(503));
          line.off();
          line.on();
        });
  }

  private static CompletableFuture<Integer> asked(
      TestKernel kernel, String procedure, JsonObject request) {
    return CompletableFuture.supplyAsync(() -> kernel.admin().call(procedure, request).status());
  }

  private static JsonObject json() {
    return new JsonObject();
  }
}
