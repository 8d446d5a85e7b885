package io.trestle.system.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
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
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** More provisions than are good. The clock stands still, so that no bucket refills. */
class CrowdTest {
  private static final int WAITING = 1_024;
  private static final int BURST = 2_000;
  private static final int WAVE = 400;

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

    // Those that wait cost nothing when it is their turn: nobody waits longer than the bus does.
    ProvisionRequest malformed =
        wanted(busy).toBuilder().setCsrDer(ByteString.copyFromUtf8("no request")).build();
    List<WireStream<ProvisionRequest, ProvisionResponse>> crowd = new ArrayList<>();
    var first =
        whileOneIsAtWork(
            client,
            busy,
            () -> {
              crowd.addAll(send(client, malformed, WAITING));
              assertThat(codes(send(client, wanted(busy), 3)))
                  .isEqualTo(Map.of("RESOURCE_EXHAUSTED", 3L));
            });
    assertThat(first.ended().code()).isEqualTo(Status.Code.OK);
    assertThat(codes(crowd)).isEqualTo(Map.of("INVALID_ARGUMENT", (long) WAITING));
    assertThat(instances(busy)).isEqualTo(1);

    kernel.admin().ok("SettingsService/UpdateSettings", manyAtOnce());
    for (int left = BURST - 1; left > 0; left -= WAVE) {
      int wave = Math.min(WAVE, left);
      assertThat(codes(send(client, wanted(busy), wave))).isEqualTo(Map.of("OK", (long) wave));
    }
    assertThat(instances(busy)).isEqualTo(BURST);
    assertThat(codes(send(client, wanted(busy), 3))).isEqualTo(Map.of("RESOURCE_EXHAUSTED", 3L));
    assertThat(instances(busy)).isEqualTo(BURST);
    assertThat(codes(send(client, wanted(quiet), 3))).isEqualTo(Map.of("OK", 3L));
    clock.advance(Duration.ofMillis(20));
    assertThat(codes(send(client, wanted(busy), 3)))
        .isEqualTo(Map.of("OK", 1L, "RESOURCE_EXHAUSTED", 2L));
  }

  @Test
  @Acceptance("WI-07")
  void provisions_whoseDeadlineIsOver_areExhaustedAndMakeNoInstance() throws SQLException {
    ServiceKey service = kernel.service("late");
    WireClient client = wire.stranger(service);
    List<WireStream<ProvisionRequest, ProvisionResponse>> patient = new ArrayList<>();
    List<WireStream<ProvisionRequest, ProvisionResponse>> hasty = new ArrayList<>();
    patient.add(
        whileOneIsAtWork(
            client,
            service,
            () -> {
              hasty.add(client.open(Methods.PROVISION, wanted(service), Duration.ofSeconds(19)));
              patient.addAll(send(client, wanted(service), 2));
              taken(client, service);
              clock.advance(Duration.ofMillis(19_500));
            }));

    assertThat(codes(patient)).isEqualTo(Map.of("OK", 3L));
    assertThat(codes(hasty)).isEqualTo(Map.of("RESOURCE_EXHAUSTED", 1L));
    assertThat(instances(service)).isEqualTo(3);
  }

  @Test
  @Acceptance("WI-07")
  void provisions_withoutDeadline_waitForTwentySeconds() throws SQLException {
    ServiceKey service = kernel.service("later");
    WireClient client = wire.stranger(service);
    List<WireStream<ProvisionRequest, ProvisionResponse>> waiting = new ArrayList<>();
    var first =
        whileOneIsAtWork(
            client,
            service,
            () -> {
              waiting.addAll(send(client, wanted(service), 5));
              taken(client, service);
              clock.advance(Duration.ofSeconds(20));
            });

    assertThat(first.ended().code()).isEqualTo(Status.Code.OK);
    assertThat(codes(waiting)).isEqualTo(Map.of("RESOURCE_EXHAUSTED", 5L));
    assertThat(instances(service)).isEqualTo(1);
  }

  /** Acts while a provision is at work that cannot store its instance, and returns that one. */
  private WireStream<ProvisionRequest, ProvisionResponse> whileOneIsAtWork(
      WireClient client, ServiceKey service, Runnable action) throws SQLException {
    try (Connection lock = kernel.sql().connect();
        Statement statement = lock.createStatement()) {
      lock.setAutoCommit(false);
      statement.execute("LOCK TABLE service_instances IN EXCLUSIVE MODE");
      var atWork = client.open(Methods.PROVISION, wanted(service));
      await().until(this::someoneWaitsForTheTable);
      action.run();
      lock.rollback();
      return atWork;
    }
  }

  /** What was sent before on this connection has been taken: this is refused at the door. */
  private static void taken(WireClient client, ServiceKey service) {
    assertThat(codes(send(client, withoutKey(service), 1)))
        .isEqualTo(Map.of("INVALID_ARGUMENT", 1L));
  }

  private static ProvisionRequest withoutKey(ServiceKey service) {
    return wanted(service).toBuilder().clearKeyId().build();
  }

  private static JsonObject manyAtOnce() {
    return new JsonObject().put("key", "pki.provision_concurrency").put("value", "64");
  }

  private static ProvisionRequest wanted(ServiceKey service) {
    return WireClient.provisionRequest(
        WireExtension.key(service), Certificates.request(Certificates.p256()));
  }

  private static List<WireStream<ProvisionRequest, ProvisionResponse>> send(
      WireClient client, ProvisionRequest request, int times) {
    return IntStream.range(0, times)
        .<WireStream<ProvisionRequest, ProvisionResponse>>mapToObj(
            i -> client.open(Methods.PROVISION, request))
        .toList();
  }

  private static Map<String, Long> codes(
      List<WireStream<ProvisionRequest, ProvisionResponse>> calls) {
    return calls.stream()
        .collect(Collectors.groupingBy(c -> c.ended().code().name(), Collectors.counting()));
  }

  private boolean someoneWaitsForTheTable() {
    return kernel
            .sql()
            .count(
                "SELECT count(*) FROM pg_locks WHERE NOT granted"
                    + " AND relation = 'service_instances'::regclass")
        > 0;
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
