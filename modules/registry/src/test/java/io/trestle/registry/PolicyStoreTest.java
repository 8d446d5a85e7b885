package io.trestle.registry;

import static io.trestle.registry.Migrated.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trestle.conversations.Policies.Change;
import io.trestle.conversations.Policies.Replaced;
import io.trestle.conversations.Policies.Show;
import io.trestle.conversations.Policies.Shown;
import io.trestle.conversations.Refused;
import io.trestle.kernel.TestPostgres;
import io.trestle.kernel.database.DirectWrites;
import io.trestle.protocol.policy.Action;
import io.trestle.protocol.policy.Capability;
import io.trestle.protocol.policy.Rule;
import io.trestle.protocol.policy.ServicePolicy;
import io.trestle.registry.PolicyStore.Stored;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;
import io.vertx.sqlclient.Pool;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The SQL of policies, who is notified of edits, and what is read because of them. */
class PolicyStoreTest {
  private static PgConnectOptions database;
  private static Vertx vertx;
  private static Pool pool;
  private static PolicyStore store;
  private static PgConnection listening;
  private static final List<String> HEARD = new CopyOnWriteArrayList<>();

  private final Map<UUID, ServicePolicy> policies = new HashMap<>();
  private final List<UUID> told = new ArrayList<>();
  private UUID shop;
  private UUID orders;
  private PolicyFollower follower;

  @BeforeAll
  static void migrate() {
    database = Migrated.database();
    vertx = Vertx.vertx();
    pool = PgBuilder.pool().connectingTo(database).using(vertx).build();
    store = new PolicyStore(pool, DirectWrites.unfenced(pool));
    listening = await(PgConnection.connect(vertx, database));
    listening.notificationHandler(n -> HEARD.add(n.getPayload()));
    await(listening.query("LISTEN policy_changed").execute());
  }

  @AfterAll
  static void close() {
    await(listening.close());
    await(pool.close());
    await(vertx.close());
  }

  @BeforeEach
  void services() {
    sql("DELETE FROM services");
    shop = service("shop");
    orders = service("orders");
    follower =
        new PolicyFollower(
            vertx.getOrCreateContext(),
            store,
            (id, policy) -> {
              told.add(id);
              policies.put(id, policy);
            });
  }

  /** As it was told last. */
  private ServicePolicy policy(UUID service) {
    return Objects.requireNonNull(policies.get(service), "policy");
  }

  private static UUID service(String name) {
    UUID id = UUID.randomUUID();
    sql("INSERT INTO services (id, name) VALUES ('%s', '%s')".formatted(id, name));
    return id;
  }

  private static void sql(String sql) {
    TestPostgres.execute(database, sql);
  }

  private static void rule(
      UUID service, String direction, String action, @Nullable UUID peer, String target) {
    sql(
        "INSERT INTO service_policy_rules VALUES ('%s', '%s', '%s', %s, '%s')"
            .formatted(
                service, direction, action, peer == null ? "NULL" : "'" + peer + "'", target));
  }

  /** What was notified because of these statements. */
  private static List<String> heard(Runnable edits) {
    HEARD.clear();
    edits.run();
    // Notifications of one connection come before the answer to what it asks afterwards.
    await(listening.query("SELECT 1").execute());
    return List.copyOf(HEARD);
  }

  // ---- notifications

  @Test
  void edits_ofRules_nameTheService() {
    assertThat(heard(() -> rule(shop, "E", "rpc.call", orders, "m")))
        .containsExactly(shop.toString());
    assertThat(heard(() -> sql("UPDATE service_policy_rules SET service_id = '" + orders + "'")))
        .containsExactlyInAnyOrder(shop.toString(), orders.toString());
    rule(shop, "E", "rpc.call", orders, "n");
    assertThat(heard(() -> sql("DELETE FROM services WHERE name = 'orders'")))
        .as("the peer of its rule is gone, and the rule with it")
        .contains(shop.toString());
    assertThat(heard(() -> sql("TRUNCATE service_policy_rules"))).containsExactly("");
  }

  @Test
  void edits_ofFlags_nameTheService() {
    String id = shop.toString();
    for (String column :
        List.of(
            "cap_rpc_handle",
            "cap_event_handle",
            "cap_workflow_handle",
            "cap_job_handle",
            "cap_rpc_call",
            "cap_event_publish",
            "cap_workflow_run")) {
      assertThat(
              heard(
                  () -> sql("UPDATE services SET " + column + " = false WHERE id = '" + id + "'")))
          .as(column)
          .containsExactly(id);
    }
    assertThat(heard(() -> sql("UPDATE services SET status = 'revoked'"))).isEmpty();
    assertThat(heard(() -> service("plain"))).isEmpty();
    assertThat(heard(() -> sql("INSERT INTO services (name, cap_rpc_call) VALUES ('x', false)")))
        .hasSize(1);
  }

  // ---- reading

  @Test
  void some_flagsAndRules_areAsTheRowsSay() {
    rule(shop, "E", "rpc.call", orders, "m");
    rule(shop, "A", "event.handle", null, "a.#");
    sql("UPDATE services SET cap_rpc_call = false, cap_job_handle = false WHERE name = 'shop'");

    Stored stored = await(store.some(List.of(shop))).get(0);

    assertThat(stored.policy())
        .isEqualTo(
            ServicePolicy.of(
                List.of(
                    Capability.RPC_HANDLE,
                    Capability.EVENT_HANDLE,
                    Capability.WORKFLOW_HANDLE,
                    Capability.EVENT_PUBLISH,
                    Capability.WORKFLOW_RUN),
                List.of(
                    new Rule(Action.RPC_CALL, orders, "m"),
                    new Rule(Action.EVENT_HANDLE, null, "a.#"))));
    assertThat(stored.faults()).isEmpty();
    assertThat(await(store.versions())).containsOnlyKeys(shop).containsValue(stored.version());
    assertThat(await(store.some(List.of(orders))).get(0).policy()).isSameAs(ServicePolicy.OPEN);
  }

  @Test
  void some_rowsThatMeanNothing_areReportedAndCloseTheirList() {
    rule(shop, "E", "rpc.cal", null, "m");
    rule(shop, "E", "rpc.handle", null, "m");
    rule(shop, "E", "rpc.call", orders, "no name");
    rule(shop, "A", "event.handle", null, "a..b");

    Stored stored = await(store.some(List.of(shop))).get(0);

    assertThat(stored.faults())
        .hasSize(4)
        .allMatch(fault -> fault.contains("expected"))
        .anyMatch(fault -> fault.contains("rpc.cal\""));
    assertThat(stored.policy().allows(Action.RPC_CALL, orders, "m")).isFalse();
    assertThat(stored.policy().allows(Action.EVENT_HANDLE, "a.b")).isFalse();
    assertThat(stored.policy().isOpen(Action.RPC_HANDLE)).isTrue();
  }

  // ---- following

  @Test
  void rereadAll_onlyWhatChanged_isReadAndTold() {
    rule(shop, "E", "rpc.call", orders, "m");
    rule(orders, "A", "rpc.handle", null, "m");
    await(follower.rereadAll());
    assertThat(told).containsExactlyInAnyOrder(shop, orders);
    told.clear();

    await(follower.rereadAll());
    assertThat(told).isEmpty();

    rule(orders, "A", "rpc.handle", null, "n");
    await(follower.rereadAll());
    assertThat(told).containsExactly(orders);
    assertThat(policy(orders).rules()).hasSize(2);
    told.clear();

    sql("DELETE FROM service_policy_rules");
    await(follower.rereadAll());
    assertThat(told).containsExactlyInAnyOrder(shop, orders);
    assertThat(policies.values()).containsOnly(ServicePolicy.OPEN);
  }

  @Test
  void rereadAll_serviceThatIsGone_isAsANewOne() {
    sql("UPDATE services SET cap_rpc_call = false WHERE name = 'shop'");
    await(follower.rereadAll());
    assertThat(policy(shop).can(Capability.RPC_CALL)).isFalse();

    sql("DELETE FROM services WHERE name = 'shop'");
    await(follower.rereadAll());

    assertThat(policy(shop)).isSameAs(ServicePolicy.OPEN);
  }

  @Test
  void rereadAll_moreServicesThanAPortion_areAllRead() {
    sql(
        "INSERT INTO services (name, cap_rpc_call)"
            + " SELECT 's' || n, false FROM generate_series(1, 250) n");

    await(follower.rereadAll());

    assertThat(told).hasSize(250).doesNotHaveDuplicates();
  }

  @Test
  void reread_manyAtOnce_areServedTogetherAndEndAfterwards() {
    rule(shop, "E", "rpc.call", orders, "m");
    List<Future<Void>> reads = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      reads.add(follower.reread(shop));
    }
    await(Future.all(reads));

    assertThat(policy(shop).rules()).hasSize(1);
    assertThat(told.size()).isLessThan(10);
  }

  // ---- what operators do

  private PolicyDesk desk() {
    return new PolicyDesk(store, follower);
  }

  @Test
  void set_rulesThatStay_areNotTouched() {
    await(desk().set(change("rpc.call", "orders/a", "orders/b")));
    String before = ctid("a");

    Shown shown = await(desk().set(change("rpc.call", "orders/a", "*/c")));

    assertThat(ctid("a")).isEqualTo(before);
    assertThat(shown.rules()).hasSize(2);
    assertThat(shown.notes()).hasSize(1);
    assertThat(policy(shop).allows(Action.RPC_CALL, orders, "b")).isFalse();
    assertThat(policy(shop).allows(Action.RPC_CALL, null, "c")).isTrue();
  }

  private static Change change(String action, String... targets) {
    return new Change("shop", null, List.of(new Replaced(action, List.of(targets))));
  }

  private static String ctid(String target) {
    return TestPostgres.query(
            database,
            "SELECT ctid::text FROM service_policy_rules WHERE target_name = '" + target + "'")
        .toString();
  }

  @Test
  void set_serviceById_peerById_andRowsOfTheWrongDirection() {
    rule(shop, "A", "rpc.call", null, "stray");
    Change change =
        new Change(
            shop.toString(),
            List.of("rpc.handle"),
            List.of(
                new Replaced(
                    "rpc.call", List.of(orders.toString().toUpperCase(Locale.ROOT) + "/m"))));

    Shown shown = await(desk().set(change));

    assertThat(shown.capabilities()).containsExactly("rpc.handle");
    assertThat(shown.rules()).hasSize(1);
    assertThat(shown.rules().get(0).peerServiceId()).isEqualTo(orders);
  }

  @Test
  void set_nameOfARevokedServiceAndAnActiveOne_meansTheActiveOne() {
    sql(
        "INSERT INTO services (name, status, created_at) VALUES"
            + " ('orders', 'revoked', now() + interval '1 day')");

    Shown shown = await(desk().set(change("rpc.call", "orders/m")));

    assertThat(shown.rules().get(0).peerServiceId()).isEqualTo(orders);
  }

  @Test
  void show_unknownService_isRefused() {
    assertThatThrownBy(() -> await(desk().show(new Show("nobody"))))
        .isInstanceOf(Refused.class)
        .hasMessageContaining("nobody");
  }
}
