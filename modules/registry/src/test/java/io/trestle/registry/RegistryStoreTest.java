package io.trestle.registry;

import static io.trestle.registry.Migrated.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trestle.conversations.Declarations;
import io.trestle.conversations.Declarations.Declaration;
import io.trestle.conversations.Declarations.Incoming;
import io.trestle.conversations.Declarations.Published;
import io.trestle.kernel.TestPostgres;
import io.trestle.kernel.database.DirectWrites;
import io.trestle.kernel.pipeline.ConnectionSource;
import io.trestle.kernel.pipeline.Fence;
import io.trestle.kernel.pipeline.KindIdempotence;
import io.trestle.kernel.pipeline.PipelineOptions;
import io.trestle.kernel.pipeline.Write;
import io.trestle.kernel.pipeline.WritePipeline;
import io.trestle.registry.RegistryStore.Declared;
import io.trestle.registry.RegistryStore.MethodRow;
import io.trestle.registry.RegistryStore.Presence;
import io.trestle.registry.core.Effect.WritePresence;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.Pool;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The SQL of the registry against a real PostgreSQL with the migrations of pki and registry. */
class RegistryStoreTest {
  private static final UUID KERNEL = UUID.randomUUID();
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final byte[] NONE = {};

  private static PgConnectOptions database;
  private static Vertx vertx;
  private static Pool pool;
  private static RegistryStore store;
  private static WritePipeline pipeline;

  private UUID service;
  private UUID instance;

  @BeforeAll
  static void migrate() {
    database = Migrated.database();
    vertx = Vertx.vertx();
    pool = PgBuilder.pool().connectingTo(database).using(vertx).build();
    store = new RegistryStore(pool, DirectWrites.unfenced(pool), KERNEL);
    TestPostgres.execute(
        database,
        "INSERT INTO kernels (id, epoch, pid, host) VALUES ('" + KERNEL + "', 1, 1, 'test')");
    pipeline =
        await(
            WritePipeline.start(
                vertx,
                ConnectionSource.of(vertx, database),
                new Fence(KERNEL, 1),
                PipelineOptions.defaults(),
                new SimpleMeterRegistry()));
  }

  @AfterAll
  static void close() {
    await(pipeline.close());
    await(pool.close());
    await(vertx.close());
  }

  @BeforeEach
  void anInstance() {
    TestPostgres.execute(
        database,
        "DELETE FROM instance_declarations",
        "DELETE FROM service_methods",
        "DELETE FROM services");
    service = UUID.randomUUID();
    TestPostgres.execute(
        database, "INSERT INTO services (id, name) VALUES ('" + service + "', 'orders')");
    instance = instanceOf(service);
  }

  private static UUID instanceOf(UUID service) {
    UUID id = UUID.randomUUID();
    TestPostgres.execute(
        database,
        "INSERT INTO service_instances (id, service_id, leaf_not_after) VALUES ('%s', '%s', now() + interval '1 hour')"
            .formatted(id, service));
    return id;
  }

  private static List<String> query(String sql) {
    return TestPostgres.query(database, sql).stream().map(Object::toString).toList();
  }

  private Declared declared(long registration) {
    return new Declared(instance, service, registration, new byte[] {1}, new byte[] {2}, NOW);
  }

  private static MethodRow method(Declared of, String name) {
    return new MethodRow(of, Declarations.RPC, name, "v2:a", false, true, NONE, NONE);
  }

  private static Declaration declaration(String... methods) {
    return new Declaration(
        Arrays.stream(methods)
            .map(m -> new Incoming(Declarations.RPC, m, NONE, NONE, false, "v2:a", NONE))
            .toList(),
        List.of(new Published("order.created", NONE, "v2:e")),
        List.of(),
        List.of(),
        "",
        "");
  }

  @Test
  void unlike_namesTheRowsThatWereEdited() {
    WritePresence here = new WritePresence(instance, true, "h:1", "h:2", "s1", 0);
    await(pipeline.submit(store.presence(here)));
    assertThat(await(store.unlike(List.of(here)))).isEmpty();

    for (String edit :
        List.of(
            "status = 'disconnected'",
            "call_endpoint = 'x:1'",
            "http_endpoint = ''",
            "session_id = 's0'",
            "kernel_id = NULL")) {
      TestPostgres.execute(database, "UPDATE service_instances SET " + edit);
      assertThat(await(store.unlike(List.of(here)))).as(edit).containsExactly(instance);
      await(pipeline.submit(store.presence(here)));
      assertThat(await(store.unlike(List.of(here)))).as("written again").isEmpty();
    }
  }

  // ---- kinds, twice

  @Test
  void presence_twice_isOnce() {
    Presence row = new Presence(instance, true, "h:1", "h:2", "s1", KERNEL, NOW);
    KindIdempotence.check(vertx, database, RegistryStore.PRESENCE, List.of(row));
  }

  @Test
  void declare_twice_isOnce() {
    KindIdempotence.check(vertx, database, RegistryStore.DECLARE, List.of(declared(1)));
  }

  @Test
  void method_twice_isOnce() {
    Declared of = declared(1);
    KindIdempotence.check(
        vertx, database, RegistryStore.METHOD, List.of(method(of, "a"), method(of, "b")));
  }

  @Test
  void prune_twice_isOnce() {
    await(pipeline.submit(RegistryStore.METHOD, method(declared(1), "old")));
    KindIdempotence.check(vertx, database, RegistryStore.PRUNE, List.of(declared(2)));
  }

  // ---- units

  @Test
  void presence_connectedAndGone_isAsTheSuitesReadIt() {
    await(
        pipeline.submit(
            store.presence(new WritePresence(instance, true, "h:1", "h:2", "s1", 1_000))));
    String columns =
        "SELECT status, call_endpoint, http_endpoint, session_id FROM service_instances";
    assertThat(query(columns)).containsExactly("[connected, h:1, h:2, s1]");

    await(pipeline.submit(store.presence(new WritePresence(instance, false, "", "", "", 2_000))));
    assertThat(query(columns)).containsExactly("[disconnected, , , ]");
  }

  @Test
  void declare_again_replacesTheMethodsAsOneUnit() {
    await(pipeline.submit(store.declare(declared(1), declaration("a", "b"))));
    await(pipeline.submit(store.declare(declared(2), declaration("b", "c"))));

    assertThat(query("SELECT method_name, method_type, published FROM service_methods ORDER BY 1"))
        .containsExactly("[b, 1, f]", "[c, 1, f]", "[order.created, 2, t]");
    assertThat(query("SELECT registration FROM instance_declarations")).containsExactly("[2]");
  }

  @Test
  void declare_manyAtOnce_newestWins() {
    Future<Void> first = pipeline.submit(store.declare(declared(1), declaration("a")));
    Future<Void> second = pipeline.submit(store.declare(declared(2), declaration("b")));
    Future<Void> third = pipeline.submit(store.declare(declared(3), declaration("c")));
    await(Future.all(first, second, third));

    assertThat(query("SELECT method_name FROM service_methods ORDER BY 1"))
        .containsExactly("[c]", "[order.created]");
  }

  @Test
  void declare_olderAfterNewer_changesNothing() {
    await(pipeline.submit(store.declare(declared(5), declaration("new"))));
    await(pipeline.submit(RegistryStore.DECLARE, declared(4)));
    await(
        pipeline.submit(
            RegistryStore.METHOD,
            new MethodRow(declared(4), 1, "new", "v2:a", false, true, NONE, NONE)));

    assertThat(query("SELECT registration FROM instance_declarations")).containsExactly("[5]");
    assertThat(query("SELECT streaming FROM service_methods WHERE method_name = 'new'"))
        .containsExactly("[f]");
  }

  @Test
  void declare_oneInstance_leavesTheOthersAlone() {
    await(pipeline.submit(store.declare(declared(1), declaration("a"))));
    UUID other = instanceOf(service);
    var row = new Declared(other, service, 2, new byte[] {1}, new byte[] {2}, NOW);

    await(pipeline.submit(store.declare(row, declaration("b"))));

    assertThat(query("SELECT DISTINCT method_name FROM service_methods ORDER BY 1"))
        .containsExactly("[a]", "[b]", "[order.created]");
  }

  // ---- start and sweep

  @Test
  void resetPresence_rowsOfKernelsThatAreNotLive_areDisconnectedWithoutEndpoints() {
    connect(instance, UUID.randomUUID());
    UUID nobodys = instanceOf(service);
    connect(nobodys, null);
    UUID live = UUID.randomUUID();
    UUID ours = instanceOf(service);
    connect(ours, live);

    assertThat(await(store.resetPresence(Set.of(live, KERNEL)))).isEqualTo(2);

    assertThat(
            query(
                "SELECT call_endpoint, http_endpoint, session_id FROM service_instances"
                    + " WHERE status = 'disconnected'"))
        .containsExactly("[, , ]", "[, , ]");
    assertThat(query("SELECT id FROM service_instances WHERE status = 'connected'"))
        .containsExactly("[" + ours + "]");
  }

  private static void connect(UUID instance, @Nullable UUID kernel) {
    TestPostgres.execute(
        database,
        "UPDATE service_instances SET status = 'connected', call_endpoint = 'h:1',"
            + " http_endpoint = 'h:2', session_id = 's', kernel_id = %s WHERE id = '%s'"
                .formatted(kernel == null ? "NULL" : "'" + kernel + "'", instance));
  }

  @Test
  void stored_instancesThatMayComeBack_areLoaded() {
    await(pipeline.submit(store.declare(declared(7), declaration("a"))));
    assertThat(await(store.stored()))
        .singleElement()
        .satisfies(
            s -> {
              assertThat(s.instanceId()).isEqualTo(instance);
              assertThat(s.registration()).isEqualTo(7);
              assertThat(s.fingerprint()).containsExactly(1);
            });

    TestPostgres.execute(database, "UPDATE service_instances SET leaf_not_after = now()");
    assertThat(await(store.stored())).isEmpty();
  }

  @Test
  void collect_staleAndGone_isDropped() {
    await(pipeline.submit(store.declare(declared(1), declaration("a"))));
    seen(NOW);

    await(store.collect(NOW));
    assertThat(query("SELECT 1 FROM service_methods")).hasSize(2);
    await(store.collect(NOW.plusMillis(1)));

    assertThat(query("SELECT 1 FROM service_methods")).isEmpty();
    assertThat(query("SELECT 1 FROM instance_declarations")).isEmpty();
  }

  @Test
  void collect_declaredLongAgoButThereOrJustGone_isKept() {
    await(pipeline.submit(store.declare(declared(1), declaration("a"))));
    Instant before = NOW.plus(Duration.ofDays(40));

    connect(instance, KERNEL);
    await(store.collect(before));
    assertThat(query("SELECT 1 FROM service_methods")).hasSize(2);

    TestPostgres.execute(database, "UPDATE service_instances SET status = 'disconnected'");
    seen(before.plusSeconds(1));
    await(store.collect(before));
    assertThat(query("SELECT 1 FROM service_methods")).hasSize(2);
    assertThat(query("SELECT 1 FROM instance_declarations")).hasSize(1);
  }

  private static void seen(Instant at) {
    TestPostgres.execute(database, "UPDATE service_instances SET last_seen_at = '" + at + "'");
  }

  // ---- presence writer

  @Test
  void presenceWriter_refusedThenRetried_writesTheNewestOnly() {
    WritePipeline closed =
        await(
            WritePipeline.start(
                vertx,
                ConnectionSource.of(vertx, database),
                new Fence(KERNEL, 1),
                PipelineOptions.defaults(),
                new SimpleMeterRegistry()));
    await(closed.close());
    FailingOver way = new FailingOver(closed);
    PresenceWriter writer = new PresenceWriter(way::submit, store);
    writer.write(new WritePresence(instance, true, "h:1", "", "s1", 1_000));
    await(way.last()); // the writer belongs to one thread at a time
    writer.write(new WritePresence(instance, true, "h:2", "", "s2", 2_000));
    await(way.last());

    way.pipeline = pipeline;
    writer.retry();
    await(way.last());

    assertThat(query("SELECT call_endpoint, session_id FROM service_instances"))
        .containsExactly("[h:2, s2]");
    assertThat(way.submitted).isEqualTo(3);
    writer.retry();
    assertThat(way.submitted).as("nothing is left").isEqualTo(3);
  }

  /** Hands writes to one pipeline, later to another. */
  private static final class FailingOver {
    private WritePipeline pipeline;
    private Future<Void> done = Future.succeededFuture();
    private int submitted;

    FailingOver(WritePipeline pipeline) {
      this.pipeline = pipeline;
    }

    Future<Void> submit(Write write) {
      submitted++;
      done = pipeline.submit(write);
      return done;
    }

    /** Completes after those who listened before. */
    Future<Void> last() {
      return done.otherwiseEmpty();
    }
  }
}
