package io.trestle.pki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.trestle.Acceptance;
import io.trestle.conversations.Services;
import io.trestle.kernel.TestPostgres;
import io.trestle.kernel.database.DatabaseState;
import io.trestle.pki.TestClient.Instance;
import io.trestle.pki.TestClient.Reply;
import io.trestle.pki.core.AuthorityException;
import io.trestle.protocol.BootstrapKey;
import io.trestle.protocol.CertificateRequest;
import io.trestle.protocol.Methods;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.v1.InvokeRequest;
import io.trestle.protocol.v1.ProvisionResponse;
import io.vertx.core.Future;
import io.vertx.pgclient.PgConnectOptions;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Starts and restarts of the module. */
class PkiStartTest {
  @Test
  @Acceptance("CO-38")
  void start_servicesWithoutAuthority_isRefused() {
    PgConnectOptions place = TestPostgres.newDatabase();
    TestHouse.migrate(place);
    TestPostgres.execute(place, "INSERT INTO services (name) VALUES ('orders')");

    assertThatThrownBy(() -> TestHouse.start(place))
        .hasCauseInstanceOf(AuthorityException.class)
        .hasMessageContaining("runtime_ca row 1: missing");
    assertThat(TestPostgres.query(place, "SELECT id FROM runtime_ca")).isEmpty();
  }

  @Test
  @Acceptance("WI-73")
  void start_unusableAuthority_isRefusedAndKept() {
    PgConnectOptions place = TestPostgres.newDatabase();
    TestHouse.start(place).close();
    TestPostgres.execute(place, "UPDATE runtime_ca SET key_der = substr(key_der, 1, 20)");

    assertThatThrownBy(() -> TestHouse.start(place))
        .hasCauseInstanceOf(AuthorityException.class)
        .hasMessageContaining("runtime_ca row 1: key_der does not parse");
    assertThat(TestPostgres.query(place, "SELECT id FROM runtime_ca")).hasSize(1);
  }

  @Test
  @Acceptance({"WI-68", "WI-61"})
  void restart_always_keepsAuthorityKeysAndRevocations() {
    PgConnectOptions place = TestPostgres.newDatabase();
    BootstrapKey key;
    Instance kept;
    Instance revoked;
    try (TestHouse first = TestHouse.start(place)) {
      key = newKey(first);
      kept = TestClient.provision(first, key);
      revoked = TestClient.provision(first, key);
      UUID id = UUID.fromString(revoked.response().getInstanceId());
      TestHouse.await(
          first.bus().request(Services.REVOKE_INSTANCE, new Services.RevokeInstance(id)));
    }
    try (TestHouse second = TestHouse.start(place);
        TestClient good = kept.connect(second);
        TestClient bad = revoked.connect(second)) {
      assertThat(good.refresh().status()).isEqualTo(StatusCode.OK);
      assertThat(bad.refresh().message()).isEqualTo("access revoked");
      assertThat(TestClient.provision(second, key).response().getServiceId())
          .isEqualTo(kept.response().getServiceId());
    }
  }

  @Test
  @Acceptance("WI-71")
  void provision_overTheRateOfAService_isExhaustedForItAlone() {
    try (TestHouse house = TestHouse.start(TestPostgres.newDatabase())) {
      house.freeze();
      BootstrapKey busy = newKey(house);
      BootstrapKey quiet = newKey(house);
      // With an identity: strangers are sent away after the 100th request on a connection.
      try (TestClient client = TestClient.provision(house, quiet).connect(house)) {
        assertThat(client.refresh().status()).isEqualTo(StatusCode.OK);
        assertThat(statuses(client, busy, 1_000)).containsOnlyKeys(StatusCode.OK);
        assertThat(statuses(client, busy, 1_000)).containsOnlyKeys(StatusCode.OK);
        assertThat(statuses(client, busy, 5)).isEqualTo(Map.of(StatusCode.RESOURCE_EXHAUSTED, 5L));
        assertThat(statuses(client, quiet, 5)).isEqualTo(Map.of(StatusCode.OK, 5L));

        house.advance(Duration.ofMillis(20));
        assertThat(statuses(client, busy, 2))
            .isEqualTo(Map.of(StatusCode.OK, 1L, StatusCode.RESOURCE_EXHAUSTED, 1L));
      }
    }
  }

  @Test
  @Acceptance("WI-07")
  void provision_oneMoreThanMayWait_isRefusedAndLeavesNothing() throws Exception {
    PgConnectOptions place = TestPostgres.newDatabase();
    Map<String, String> one = Map.of("pki.provision_concurrency", "1");
    try (TestHouse house = TestHouse.start(place, one);
        Connection lock = TestPostgres.jdbc(place)) {
      BootstrapKey key = newKey(house);
      try (TestClient client = TestClient.provision(house, key).connect(house)) {
        assertThat(client.refresh().status()).isEqualTo(StatusCode.OK);
        lock.setAutoCommit(false);
        try (Statement statement = lock.createStatement()) {
          statement.execute("LOCK TABLE service_instances IN EXCLUSIVE MODE");
        }
        Future<Map<StatusCode, Long>> all = send(client, key, 1 + Provisioning.MAX_WAITING + 3);
        await().until(() -> refusals(house) == 3);
        lock.rollback();

        assertThat(TestHouse.await(all))
            .isEqualTo(Map.of(StatusCode.OK, 1025L, StatusCode.RESOURCE_EXHAUSTED, 3L));
        assertThat(TestPostgres.query(place, "SELECT count(*) FROM service_instances"))
            .isEqualTo(List.of(List.of("1026")));
      }
    }
  }

  @Test
  @Acceptance("WI-46")
  void databaseAway_knownInstance_isServedButGetsNoLeaf() {
    PgConnectOptions place = TestPostgres.newDatabase();
    try (TestHouse house = TestHouse.start(place)) {
      BootstrapKey key = newKey(house);
      try (TestClient client = TestClient.provision(house, key).connect(house)) {
        assertThat(client.refresh().status()).isEqualTo(StatusCode.OK);
        allowConnections(place, false);

        assertThat(client.refresh().status()).isEqualTo(StatusCode.UNAVAILABLE);
        assertThat(statuses(client, key, 1)).isEqualTo(Map.of(StatusCode.UNAVAILABLE, 1L));
        assertThat(client.call(Methods.INVOKE_UNARY, InvokeRequest.getDefaultInstance()).status())
            .isEqualTo(StatusCode.UNIMPLEMENTED);

        allowConnections(place, true);
        await()
            .atMost(Duration.ofSeconds(20))
            .until(() -> house.database().state() == DatabaseState.AVAILABLE);
        await().until(() -> statuses(client, key, 1).containsKey(StatusCode.OK));
        assertThat(client.refresh().status()).isEqualTo(StatusCode.OK);
      }
    }
  }

  @Test
  @Acceptance("WI-71")
  void sweep_atStart_deletesOnlyWhatMayGo() {
    PgConnectOptions place = TestPostgres.newDatabase();
    UUID service;
    try (TestHouse house = TestHouse.start(place)) {
      service = TestHouse.await(create(house)).service().id();
    }
    insert(place, "never", service, "2 hours", null, null);
    insert(place, "never, leaf just expired", service, "30 minutes", null, null);
    insert(place, "seen lately", service, "2 hours", "3 hours", null);
    insert(place, "seen long ago", service, "31 days", "31 days", null);
    insert(place, "revoked lately", service, "2 hours", "3 hours", "2 hours");
    try (TestHouse house = TestHouse.start(place)) {
      await()
          .untilAsserted(
              () ->
                  assertThat(
                          TestPostgres.query(
                              place,
                              "SELECT session_id FROM service_instances ORDER BY session_id"))
                      .isEqualTo(
                          List.of(
                              List.of("never, leaf just expired"),
                              List.of("revoked lately"),
                              List.of("seen lately"))));
    }
  }

  @Test
  @Acceptance({"WI-40", "WI-45"})
  void leafExpired_renewedOrNot_isServedOrTurnedAway() {
    try (TestHouse house = TestHouse.start(TestPostgres.newDatabase())) {
      Instance instance = TestClient.provision(house, newKey(house));
      try (TestClient client = instance.connect(house)) {
        var session = client.openSession(house, instance);
        house.advance(Duration.ofMinutes(50));
        assertThat(client.refresh().status()).isEqualTo(StatusCode.OK);
        house.advance(Duration.ofMinutes(50));
        assertThat(client.refresh().status()).isEqualTo(StatusCode.OK);
        assertThat(session.isComplete()).isFalse();

        house.advance(Duration.ofMinutes(66));
        assertThat(client.refresh().status()).isEqualTo(StatusCode.UNAVAILABLE);
        assertThat(TestHouse.await(session).status()).isEqualTo(StatusCode.UNAVAILABLE);
      }
    }
  }

  @Test
  @Acceptance("CO-16")
  void adminApi_createAndList_showTheKeyOnce() throws Exception {
    try (TestHouse house = TestHouse.start(TestPostgres.newDatabase(), Map.of())) {
      String created = admin(house, "ServiceService/Create", "{\"name\": \"orders\"}");
      String listed = admin(house, "ServiceService/List", "{}");
      String again = admin(house, "ServiceService/Create", "{\"name\": \"orders\"}");
      String revoked = admin(house, "ServiceService/Revoke", "{\"name\": \"orders\"}");

      assertThat(created).contains("\"apiKey\":\"sb.").contains("\"status\":\"active\"");
      assertThat(listed).contains("\"name\":\"orders\"").doesNotContain("sb.");
      assertThat(again).contains("already_exists");
      assertThat(revoked).contains("\"status\":\"revoked\"");
      assertThat(admin(house, "RegistryService/RevokeInstance", "{\"instanceId\": \"x\"}"))
          .contains("invalid_argument");
    }
  }

  private static Map<StatusCode, Long> statuses(TestClient client, BootstrapKey key, int calls) {
    return TestHouse.await(send(client, key, calls));
  }

  private static Future<Map<StatusCode, Long>> send(
      TestClient client, BootstrapKey key, int calls) {
    byte[] csr = CertificateRequest.create(CertificateRequest.newKeyPair());
    List<Future<Reply<ProvisionResponse>>> replies = new ArrayList<>();
    for (int i = 0; i < calls; i++) {
      replies.add(
          client.send(Methods.PROVISION, TestClient.request(key.keyId(), key.secret(), csr)));
    }
    return Future.all(replies)
        .map(
            done ->
                replies.stream()
                    .collect(
                        Collectors.groupingBy(
                            reply -> reply.result().status(), Collectors.counting())));
  }

  private static double refusals(TestHouse house) {
    return house.meters().counter("trestle.pki.provisions", "outcome", "overloaded").count();
  }

  private static void allowConnections(PgConnectOptions place, boolean allowed) {
    PgConnectOptions elsewhere = new PgConnectOptions(place).setDatabase("postgres");
    TestPostgres.execute(
        elsewhere,
        "ALTER DATABASE " + place.getDatabase() + " ALLOW_CONNECTIONS " + allowed,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"
            + place.getDatabase()
            + "'");
  }

  private static String admin(TestHouse house, String procedure, String body) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(house.web().resolve("/servicebridge.ui.v1." + procedure))
            .header("authorization", "Bearer " + house.token())
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body();
  }

  private static BootstrapKey newKey(TestHouse house) {
    return BootstrapKey.parse(TestHouse.await(create(house)).bootstrapKey());
  }

  private static Future<Services.Created> create(TestHouse house) {
    return house.bus().request(Services.CREATE, new Services.Create("s-" + UUID.randomUUID()));
  }

  private static void insert(
      PgConnectOptions place,
      String label,
      UUID service,
      String leafExpired,
      @Nullable String seen,
      @Nullable String revoked) {
    TestPostgres.execute(
        place,
        "INSERT INTO service_instances (id, service_id, session_id, leaf_not_after, last_seen_at, revoked_at)"
            + " VALUES (gen_random_uuid(), '%s', '%s', now() - interval '%s', %s, %s)"
                .formatted(service, label, leafExpired, ago(seen), ago(revoked)));
  }

  private static String ago(@Nullable String interval) {
    return interval == null ? "NULL" : "now() - interval '" + interval + "'";
  }
}
