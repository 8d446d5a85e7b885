package io.trestle.registry;

import static io.trestle.registry.Migrated.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trestle.conversations.AccessNews;
import io.trestle.conversations.Declarations;
import io.trestle.conversations.Declarations.Declaration;
import io.trestle.conversations.Declarations.Incoming;
import io.trestle.conversations.Registrations;
import io.trestle.conversations.Registrations.CaptureModes;
import io.trestle.kernel.TestPostgres;
import io.trestle.kernel.database.DirectWrites;
import io.trestle.kernel.pipeline.ConnectionSource;
import io.trestle.kernel.pipeline.Fence;
import io.trestle.kernel.pipeline.PipelineOptions;
import io.trestle.kernel.pipeline.Write;
import io.trestle.kernel.pipeline.WritePipeline;
import io.trestle.protocol.policy.Capability;
import io.trestle.protocol.policy.ServicePolicy;
import io.trestle.registry.core.Handling;
import io.trestle.registry.core.RegistryCore;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.Pool;
import java.util.EnumSet;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rows of service_methods against the capabilities of their service, on a real database. */
class DeclarationWriterTest {
  private static final UUID KERNEL = UUID.randomUUID();
  private static final byte[] NONE = {};

  private static PgConnectOptions database;
  private static Vertx vertx;
  private static Context context;
  private static Pool pool;
  private static WritePipeline pipeline;

  private final RegistryCore core =
      new RegistryCore(effect -> {}, new CaptureModes(2, 2, 2, 2, true, 65_536));
  private final UUID service = UUID.randomUUID();
  private final UUID instance = UUID.randomUUID();
  private @Nullable Promise<Void> held;
  private final AtomicInteger writes = new AtomicInteger();
  private DeclarationWriter writer;

  @BeforeAll
  static void migrate() {
    database = Migrated.database();
    vertx = Vertx.vertx();
    context = vertx.getOrCreateContext();
    pool = PgBuilder.pool().connectingTo(database).using(vertx).build();
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
  void aService() {
    TestPostgres.execute(
        database,
        "DELETE FROM service_methods",
        "DELETE FROM instance_declarations",
        "DELETE FROM services",
        "INSERT INTO services (id, name) VALUES ('" + service + "', 'orders')");
    core.serviceChanged(new AccessNews.ServiceChanged(service, "orders", true, null), 0);
    writer =
        new DeclarationWriter(
            this::write,
            new RegistryStore(pool, DirectWrites.unfenced(pool), KERNEL),
            core,
            () -> 1_700_000_000_000L);
  }

  /** Writes after what is held, if something is. */
  private Future<Void> write(Write write) {
    writes.incrementAndGet();
    Promise<Void> first = held;
    return first == null
        ? pipeline.submit(write)
        : first.future().compose(v -> pipeline.submit(write));
  }

  private static Declaration declaration() {
    return new Declaration(
        List.of(
            new Incoming(Declarations.RPC, "m", NONE, NONE, false, "", NONE),
            new Incoming(Declarations.HTTP, "GET /", NONE, NONE, false, "", NONE)),
        List.of(),
        List.of(),
        List.of(),
        "",
        "");
  }

  /** Like the registry, everything happens on one context. */
  private static <T> Future<T> onContext(Supplier<Future<T>> work) {
    Promise<T> done = Promise.promise();
    context.runOnContext(v -> work.get().onComplete(done));
    return done.future();
  }

  private Future<Void> register() {
    return onContext(this::registerNow);
  }

  private Future<Void> registerNow() {
    List<Capability> flags = Handling.flags(core.policy(service));
    long number = writer.nextNumber();
    return writer
        .store(instance, service, declaration(), number)
        .onSuccess(
            v -> {
              var question =
                  new Registrations.Register(
                      UUID.randomUUID(), service, instance, 1, "java", "1", declaration());
              core.register(question, declaration(), number, 0);
              writer.settled(service, flags);
            });
  }

  private void handling(boolean on) {
    TestPostgres.execute(database, "UPDATE services SET cap_rpc_handle = " + on);
    EnumSet<Capability> flags = EnumSet.allOf(Capability.class);
    if (!on) {
      flags.remove(Capability.RPC_HANDLE);
    }
    await(
        onContext(
            () -> {
              core.policyChanged(service, ServicePolicy.of(flags, List.of()), 0);
              writer.capabilitiesChanged(service);
              return Future.succeededFuture();
            }));
  }

  private static List<String> methods() {
    return TestPostgres.query(database, "SELECT method_name FROM service_methods ORDER BY 1")
        .stream()
        .map(row -> row.get(0))
        .toList();
  }

  private static void awaitMethods(String... names) {
    await().untilAsserted(() -> assertThat(methods()).containsExactly(names));
  }

  @Test
  void rows_capabilityOffAndOn_goAndReturn() {
    await(register());
    assertThat(methods()).containsExactly("GET /", "m");

    handling(false);
    awaitMethods("GET /");

    handling(true);
    awaitMethods("GET /", "m");
  }

  @Test
  void rows_registeredWhileTheCapabilityWentOff_goWithIt() {
    held = Promise.promise();
    Promise<Void> first = held;
    Future<Void> registered = register();

    handling(false);
    await(
        onContext(
            () -> {
              held = null;
              first.complete();
              return registered;
            }));

    awaitMethods("GET /");
  }

  @Test
  void store_sameDeclarationAgain_isWrittenOnlyUnderOtherCapabilities() {
    await(register());
    await(register());
    assertThat(writes).hasValue(1);

    handling(false);
    awaitMethods("GET /");
    await().until(() -> writes.get() == 2);
    await(register());

    assertThat(writes).hasValue(2);
  }
}
