package io.trestle.system.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.Status;
import io.trestle.Acceptance;
import io.trestle.protocol.Methods;
import io.trestle.protocol.v1.ProvisionRequest;
import io.trestle.protocol.v1.ProvisionResponse;
import io.trestle.testing.TestClock;
import io.trestle.testing.TestKernel;
import io.trestle.testing.TestKernel.ServiceKey;
import io.vertx.core.json.JsonObject;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** More provisions than are good. The clock stands still, so that no bucket refills. */
class CrowdTest {
  private static final int WAITING = 1_024;
  private static final int BURST = 2_000;

  private final TestClock clock = new TestClock();
  private final TestKernel kernel =
      TestKernel.onNewDatabase(o -> o.withClock(clock)).with("pki.provision_concurrency", "1");

  @RegisterExtension final WireExtension wire = new WireExtension(() -> kernel);

  @BeforeEach
  void start() {
    kernel.run();
    clock.freeze();
  }

  @AfterEach
  void stop() {
    kernel.close();
  }

  @Test
  @Acceptance({"WI-07", "WI-71"})
  void provisions_beyondTheQueueAndBeyondTheRate_areExhausted() throws SQLException {
    ServiceKey busy = kernel.service("busy");
    ServiceKey quiet = kernel.service("quiet");
    // With an identity, because strangers are sent away after a hundred requests.
    WireClient client = wire.instance(quiet).client();

    List<WireStream<ProvisionRequest, ProvisionResponse>> crowd = new ArrayList<>();
    try (Connection lock = kernel.sql().connect();
        Statement statement = lock.createStatement()) {
      lock.setAutoCommit(false);
      statement.execute("LOCK TABLE service_instances IN EXCLUSIVE MODE");
      crowd.addAll(send(client, busy, 1 + WAITING + 3));
      await().until(() -> crowd.stream().filter(WireStream::isOver).count() >= 3);
      // One at a time, the last of a thousand might wait longer than anybody does.
      kernel.admin().ok("SettingsService/UpdateSettings", manyAtOnce());
      lock.rollback();
    }
    assertThat(codes(crowd)).isEqualTo(Map.of("OK", 1L + WAITING, "RESOURCE_EXHAUSTED", 3L));
    assertThat(instances(busy)).isEqualTo(1 + WAITING);

    int left = BURST - 1 - WAITING;
    assertThat(codes(send(client, busy, left))).isEqualTo(Map.of("OK", (long) left));
    assertThat(codes(send(client, busy, 3))).isEqualTo(Map.of("RESOURCE_EXHAUSTED", 3L));
    assertThat(instances(busy)).isEqualTo(BURST);
    assertThat(codes(send(client, quiet, 3))).isEqualTo(Map.of("OK", 3L));
    clock.advance(Duration.ofMillis(20));
    assertThat(codes(send(client, busy, 3))).isEqualTo(Map.of("OK", 1L, "RESOURCE_EXHAUSTED", 2L));
  }

  private static JsonObject manyAtOnce() {
    return new JsonObject().put("key", "pki.provision_concurrency").put("value", "64");
  }

  private static List<WireStream<ProvisionRequest, ProvisionResponse>> send(
      WireClient client, ServiceKey service, int times) {
    ProvisionRequest request =
        WireClient.provisionRequest(
            WireExtension.key(service), Certificates.request(Certificates.p256()));
    List<WireStream<ProvisionRequest, ProvisionResponse>> calls = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      calls.add(client.open(Methods.PROVISION, request));
    }
    return calls;
  }

  private static Map<String, Long> codes(
      List<WireStream<ProvisionRequest, ProvisionResponse>> calls) {
    return calls.stream()
        .collect(Collectors.groupingBy(c -> c.ended().code().name(), Collectors.counting()));
  }

  private long instances(ServiceKey service) {
    return kernel
        .sql()
        .count("SELECT count(*) FROM service_instances WHERE service_id = ?::uuid", service.id());
  }

  @Test
  @Acceptance("WI-71")
  void instances_thatNeverConnected_areSweptAnHourAfterTheirLeaf() {
    ServiceKey service = kernel.service("sweep");
    WireInstance never = wire.instance(service);
    WireInstance once = wire.connected(service);
    await().until(() -> seen(once));

    clock.advance(Duration.ofMinutes(119));
    restart();
    assertThat(ids()).contains(never.id(), once.id());

    clock.advance(Duration.ofMinutes(2));
    restart();
    await().until(() -> !ids().contains(never.id()));
    assertThat(ids()).containsExactly(once.id());
    assertThat(never.refresh().code()).isEqualTo(Status.Code.UNAVAILABLE);
  }

  private boolean seen(WireInstance instance) {
    return kernel
            .sql()
            .count(
                "SELECT count(*) FROM service_instances"
                    + " WHERE last_seen_at IS NOT NULL AND id = ?::uuid",
                instance.id())
        == 1;
  }

  private List<String> ids() {
    return kernel.sql().column(String.class, "SELECT id::text FROM service_instances");
  }

  private void restart() {
    kernel.stop();
    kernel.run();
  }
}
