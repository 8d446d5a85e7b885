package io.trestle.pki;

import static io.trestle.pki.TestHouse.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trestle.Acceptance;
import io.trestle.conversations.AccessNews;
import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.conversations.Services;
import io.trestle.kernel.TestPostgres;
import io.trestle.pki.TestClient.Instance;
import io.trestle.pki.TestClient.Reply;
import io.trestle.protocol.BootstrapKey;
import io.trestle.protocol.CertificateRequest;
import io.trestle.protocol.Methods;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.v1.InvokeRequest;
import io.trestle.protocol.v1.ProvisionResponse;
import io.trestle.protocol.v1.RefreshCertResponse;
import io.vertx.core.Future;
import io.vertx.pgclient.PgConnectOptions;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The module over a real gateway, pipeline and PostgreSQL. */
class PkiModuleTest {
  private static final AtomicInteger NAMES = new AtomicInteger();
  private static PgConnectOptions place = new PgConnectOptions();
  private static TestHouse house;

  @BeforeAll
  static void start() {
    place = TestPostgres.newDatabase();
    house = TestHouse.start(place);
  }

  @AfterAll
  static void stop() {
    house.close();
  }

  @Test
  @Acceptance({"WI-02", "WI-03", "WI-09"})
  void provision_goodKey_givesANewInstanceEachTime() {
    Services.Created created = create();
    BootstrapKey key = BootstrapKey.parse(created.bootstrapKey());
    ProvisionResponse first = TestClient.provision(house, key).response();
    ProvisionResponse second = TestClient.provision(house, key).response();

    assertThat(first.getServiceId()).isEqualTo(created.service().id().toString());
    assertThat(first.getServiceName()).isEqualTo(created.service().name());
    assertThat(first.getCaChainDer().toByteArray()).isEqualTo(der(key.ca()));
    assertThat(second.getServiceId()).isEqualTo(first.getServiceId());
    assertThat(second.getInstanceId()).isNotEqualTo(first.getInstanceId());
    X509Certificate leaf = TestClient.root(first.getCertDer());
    assertThat(uri(leaf))
        .isEqualTo(
            "spiffe://service-bridge/service/%s/instance/%s"
                .formatted(first.getServiceId(), first.getInstanceId()));
    assertThat(first.getNotAfterUnixMs()).isEqualTo(leaf.getNotAfter().toInstant().toEpochMilli());
    assertThat(
            rows(
                "SELECT status, call_endpoint, last_seen_at FROM service_instances WHERE id = '"
                    + first.getInstanceId()
                    + "'"))
        .isEqualTo(List.of(Arrays.asList("disconnected", "", null)));
  }

  @Test
  @Acceptance("WI-04")
  void provision_anyBadKey_getsOneAnswer() {
    Services.Created created = create();
    BootstrapKey key = BootstrapKey.parse(created.bootstrapKey());
    Services.Created gone = create();
    BootstrapKey revoked = BootstrapKey.parse(gone.bootstrapKey());
    ask(Services.REVOKE, new Services.Revoke(gone.service().name()));
    byte[] csr = csr();
    try (TestClient client = new TestClient(house, null, key.ca())) {
      Reply<?> wrongSecret = client.provision(key.keyId(), new byte[32], csr);
      Reply<?> unknown = client.provision(new byte[8], key.secret(), csr);
      Reply<?> ofRevoked = client.provision(revoked.keyId(), revoked.secret(), csr);

      assertThat(wrongSecret.status()).isEqualTo(StatusCode.UNAUTHENTICATED);
      assertThat(unknown).isEqualTo(wrongSecret);
      assertThat(ofRevoked).isEqualTo(wrongSecret);
    }
  }

  @Test
  @Acceptance("WI-06")
  void provision_malformed_isInvalidWhateverTheKey() {
    BootstrapKey key = BootstrapKey.parse(create().bootstrapKey());
    try (TestClient client = new TestClient(house, null, key.ca())) {
      assertThat(client.provision(key.keyId(), new byte[32], new byte[] {1}).status())
          .isEqualTo(StatusCode.INVALID_ARGUMENT);
      assertThat(client.provision(new byte[7], key.secret(), csr()).status())
          .isEqualTo(StatusCode.INVALID_ARGUMENT);
      assertThat(client.provision(key.keyId(), new byte[31], csr()).status())
          .isEqualTo(StatusCode.INVALID_ARGUMENT);
      assertThat(client.provision(key.keyId(), key.secret(), new byte[17 << 10]).status())
          .isEqualTo(StatusCode.RESOURCE_EXHAUSTED);
    }
  }

  @Test
  @Acceptance({"WI-39", "WI-41"})
  void refresh_known_keepsIdsAndTheOldLeaf() {
    Instance instance = instance();
    try (TestClient client = instance.connect(house);
        TestClient again = instance.connect(house)) {
      var session = client.openSession(house, instance);
      house.advance(Duration.ofMinutes(1));
      RefreshCertResponse renewed = client.refresh().ok();
      assertThat(session.isComplete()).isFalse();

      X509Certificate leaf = TestClient.root(renewed.getCertDer());
      assertThat(uri(leaf)).isEqualTo(uri(TestClient.root(instance.response().getCertDer())));
      assertThat(renewed.getInstanceId()).isEqualTo(instance.response().getInstanceId());
      assertThat(renewed.getNotAfterUnixMs())
          .isEqualTo(leaf.getNotAfter().toInstant().toEpochMilli())
          .isGreaterThan(instance.response().getNotAfterUnixMs());
      assertThat(again.refresh().status()).isEqualTo(StatusCode.OK);
      assertThat(
              rows(
                  "SELECT (extract(epoch FROM leaf_not_after) * 1000)::int8 >= %d"
                          .formatted(renewed.getNotAfterUnixMs())
                      + " FROM service_instances WHERE id = '"
                      + renewed.getInstanceId()
                      + "'"))
          .isEqualTo(List.of(List.of("t")));
    }
  }

  @Test
  @Acceptance("WI-42")
  void refresh_tooOften_isExhausted() {
    try (TestClient client = instance().connect(house)) {
      for (int i = 0; i < Renewal.BURST; i++) {
        assertThat(client.refresh().status()).isEqualTo(StatusCode.OK);
      }
      assertThat(client.refresh().status()).isEqualTo(StatusCode.RESOURCE_EXHAUSTED);

      house.advance(Duration.ofSeconds(30));
      assertThat(client.refresh().status()).isEqualTo(StatusCode.OK);
    }
  }

  @Test
  void refresh_malformed_isInvalid() {
    try (TestClient client = instance().connect(house)) {
      assertThat(client.refresh(new byte[] {1}).status()).isEqualTo(StatusCode.INVALID_ARGUMENT);
    }
  }

  @Test
  void call_withoutCertificate_isUnauthenticated() {
    BootstrapKey key = BootstrapKey.parse(create().bootstrapKey());
    try (TestClient client = new TestClient(house, null, key.ca())) {
      assertThat(client.refresh().status()).isEqualTo(StatusCode.UNAUTHENTICATED);
      assertThat(client.call(Methods.INVOKE_UNARY, InvokeRequest.getDefaultInstance()).status())
          .isEqualTo(StatusCode.UNAUTHENTICATED);
    }
  }

  @Test
  @Acceptance({"WI-43", "WI-67"})
  void sqlRevocation_ofAService_endsItLongBeforeThePollAndActivationRestoresIt() {
    Services.Created created = create();
    UUID id = created.service().id();
    BootstrapKey key = BootstrapKey.parse(created.bootstrapKey());
    List<AccessNews.ServiceChanged> news = new CopyOnWriteArrayList<>();
    house.bus().subscribe(AccessNews.SERVICE, news::add);
    Instance instance = TestClient.provision(house, key);
    try (TestClient client = instance.connect(house)) {
      var session = client.openSession(house, instance);
      sql("UPDATE services SET status = 'revoked' WHERE id = '" + id + "'");
      await()
          .atMost(Duration.ofSeconds(10))
          .until(
              () -> news.stream().anyMatch(told -> told.serviceId().equals(id) && !told.active()));

      Reply<?> refused = client.refresh();
      assertThat(refused.status()).isEqualTo(StatusCode.UNAUTHENTICATED);
      assertThat(refused.message()).isEqualTo("access revoked");
      assertThat(await(session)).isEqualTo(refused);

      sql("UPDATE services SET status = 'active' WHERE id = '" + id + "'");
      await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> client.refresh().status() == StatusCode.OK);
      assertThat(TestClient.provision(house, key).response().getServiceId())
          .isEqualTo(id.toString());
    }
  }

  @Test
  @Acceptance("WI-67")
  void sqlInsert_ofAService_worksAtOnce() {
    Services.Created model = create();
    BootstrapKey key = BootstrapKey.parse(model.bootstrapKey());
    UUID id = UUID.randomUUID();
    sql("UPDATE services SET key_id = NULL WHERE id = '" + model.service().id() + "'");
    sql(
        "INSERT INTO services (id, name, key_id, secret_hash)"
            + " SELECT '%s', '%s', '\\x%s', secret_hash FROM services WHERE id = '%s'"
                .formatted(id, name(), hex(key.keyId()), model.service().id()));

    Instance instance = TestClient.provision(house, key);
    assertThat(instance.response().getServiceId()).isEqualTo(id.toString());
    try (TestClient client = instance.connect(house)) {
      assertThat(client.refresh().status()).isEqualTo(StatusCode.OK);
    }
  }

  @Test
  @Acceptance("WI-68")
  void revokeInstance_one_leavesItsSiblingsAlone() {
    BootstrapKey key = BootstrapKey.parse(create().bootstrapKey());
    Instance one = TestClient.provision(house, key);
    Instance two = TestClient.provision(house, key);
    UUID id = UUID.fromString(one.response().getInstanceId());
    List<AccessNews.InstanceRevoked> news = new CopyOnWriteArrayList<>();
    house.bus().subscribe(AccessNews.INSTANCE, news::add);
    try (TestClient revoked = one.connect(house);
        TestClient sibling = two.connect(house)) {
      var session = revoked.openSession(house, one);
      var siblings = sibling.openSession(house, two);
      ask(Services.REVOKE_INSTANCE, new Services.RevokeInstance(id));
      Reply<?> refused = revoked.refresh();

      assertThat(await(session)).isEqualTo(refused);
      assertThat(siblings.isComplete()).isFalse();

      assertThat(refused.status()).isEqualTo(StatusCode.UNAUTHENTICATED);
      assertThat(refused.message()).isEqualTo("access revoked");
      assertThat(sibling.refresh().status()).isEqualTo(StatusCode.OK);
      await().until(() -> news.stream().anyMatch(told -> told.instanceId().equals(id)));
      assertThat(ask(AccessNews.ALL, new AccessNews.AskAll()).instances())
          .anyMatch(told -> told.instanceId().equals(id));
    }
  }

  @Test
  @Acceptance({"CO-3", "WI-61"})
  void copiedAuthorityAndServices_serveTheKeysAndLeavesOfTheFirst() {
    BootstrapKey key = BootstrapKey.parse(create().bootstrapKey());
    Instance instance = TestClient.provision(house, key);
    String id = instance.response().getInstanceId();
    PgConnectOptions other = TestPostgres.newDatabase();
    TestHouse.migrate(other);
    copyIdentities(other);
    try (TestHouse restored = TestHouse.start(other);
        TestClient client = instance.connect(restored)) {
      assertThat(client.call(Methods.INVOKE_UNARY, InvokeRequest.getDefaultInstance()).status())
          .isEqualTo(StatusCode.UNIMPLEMENTED);
      assertThat(TestClient.provision(restored, key).response().getServiceId())
          .isEqualTo(instance.response().getServiceId());
      await()
          .untilAsserted(
              () ->
                  assertThat(
                          TestPostgres.query(
                              other,
                              "SELECT (extract(epoch FROM leaf_not_after) * 1000)::int8"
                                  + " FROM service_instances WHERE id = '"
                                  + id
                                  + "'"))
                      .isEqualTo(
                          List.of(
                              List.of(Long.toString(instance.response().getNotAfterUnixMs())))));
    }
  }

  @Test
  @Acceptance({"WI-01", "WI-66"})
  void create_names_areUniqueAmongActiveOnes() {
    Services.Created first = create();
    String name = first.service().name();
    assertThat(first.bootstrapKey()).matches("^sb\\.[A-Za-z0-9_-]+$");
    assertThat(refusal(Services.CREATE, new Services.Create(name)))
        .isEqualTo(Reason.ALREADY_EXISTS);

    ask(Services.REVOKE, new Services.Revoke(name));
    Services.Created second = ask(Services.CREATE, new Services.Create(name));
    assertThat(second.service().status()).isEqualTo("active");
    assertThat(second.service().id()).isNotEqualTo(first.service().id());
    assertThat(ask(Services.LIST_KEYS, new Services.ListKeys(name)).keys())
        .allMatch(key -> key.serviceId().equals(second.service().id()));
    assertThat(refusal(Services.ACTIVATE, new Services.Activate(first.service().id())))
        .isEqualTo(Reason.ALREADY_EXISTS);
    assertThat(refusal(Services.CREATE, new Services.Create("a b"))).isEqualTo(Reason.INVALID);
    assertThat(refusal(Services.REVOKE, new Services.Revoke("nobody"))).isEqualTo(Reason.NOT_FOUND);
  }

  @Test
  @Acceptance("CO-16")
  void keys_further_workUntilRevokedAndShowNoSecret() {
    Services.Created created = create();
    String name = created.service().name();
    BootstrapKey first = BootstrapKey.parse(created.bootstrapKey());
    Services.KeyAdded added = ask(Services.ADD_KEY, new Services.AddKey(name));
    BootstrapKey second = BootstrapKey.parse(added.bootstrapKey());
    assertThat(TestClient.provision(house, second).response().getServiceId())
        .isEqualTo(created.service().id().toString());

    String firstId = hex(first.keyId());
    ask(Services.REVOKE_KEY, new Services.RevokeKey(firstId));
    ask(Services.REVOKE_KEY, new Services.RevokeKey(firstId));
    try (TestClient client = new TestClient(house, null, first.ca())) {
      assertThat(client.provision(first.keyId(), first.secret(), csr()).status())
          .isEqualTo(StatusCode.UNAUTHENTICATED);
      assertThat(client.provision(second.keyId(), second.secret(), csr()).status())
          .isEqualTo(StatusCode.OK);
    }
    assertThat(ask(Services.LIST_KEYS, new Services.ListKeys(name)).keys())
        .extracting(Services.Key::keyId, Services.Key::revoked)
        .containsExactlyInAnyOrder(
            org.assertj.core.groups.Tuple.tuple(firstId, true),
            org.assertj.core.groups.Tuple.tuple(added.key().keyId(), false));
    assertThat(ask(Services.LIST, new Services.ListServices()).toString())
        .doesNotContain("sb.")
        .doesNotContain("sha256");
  }

  @Test
  void provision_manyAtOnce_allSucceed() {
    BootstrapKey key = BootstrapKey.parse(create().bootstrapKey());
    byte[] csr = csr();
    try (TestClient client = new TestClient(house, null, key.ca())) {
      List<Future<Reply<ProvisionResponse>>> replies = new ArrayList<>();
      for (int i = 0; i < 60; i++) {
        replies.add(
            client.send(Methods.PROVISION, TestClient.request(key.keyId(), key.secret(), csr)));
      }
      await(Future.all(replies));
      assertThat(replies.stream().map(reply -> reply.result().ok().getInstanceId()).distinct())
          .hasSize(60);
    }
  }

  private static void copyIdentities(PgConnectOptions other) {
    for (String table : List.of("runtime_ca", "services")) {
      for (List<String> row :
          TestPostgres.query(place, "SELECT row_to_json(t)::text FROM " + table + " t")) {
        TestPostgres.execute(
            other,
            "INSERT INTO %1$s SELECT * FROM json_populate_record(NULL::%1$s, '%2$s')"
                .formatted(table, row.get(0)));
      }
    }
  }

  private static Instance instance() {
    return TestClient.provision(house, BootstrapKey.parse(create().bootstrapKey()));
  }

  private static Services.Created create() {
    return ask(Services.CREATE, new Services.Create(name()));
  }

  private static String name() {
    return "service-" + NAMES.incrementAndGet();
  }

  private static <Q extends Record, A extends Record> A ask(
      io.trestle.conversations.Conversation<Q, A> conversation, Q question) {
    return await(house.bus().request(conversation, question));
  }

  private static <Q extends Record, A extends Record> Reason refusal(
      io.trestle.conversations.Conversation<Q, A> conversation, Q question) {
    return await(
        house
            .bus()
            .request(conversation, question)
            .<Reason>map(answer -> null)
            .recover(failure -> Future.succeededFuture(((Refused) failure).reason())));
  }

  private static byte[] csr() {
    return CertificateRequest.create(CertificateRequest.newKeyPair());
  }

  private static String uri(X509Certificate leaf) {
    try {
      return String.valueOf(leaf.getSubjectAlternativeNames().iterator().next().get(1));
    } catch (java.security.cert.CertificateParsingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] der(X509Certificate certificate) {
    try {
      return certificate.getEncoded();
    } catch (java.security.cert.CertificateEncodingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  private static List<List<@Nullable String>> rows(String query) {
    return TestPostgres.query(place, query);
  }

  private static void sql(String statement) {
    TestPostgres.execute(place, statement);
  }
}
