package io.trestle.kernel.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trestle.Acceptance;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;
import io.vertx.pgclient.PgException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Each test has a server of its own and mostly waits for it, so they run beside all others. */
@Execution(ExecutionMode.CONCURRENT)
class EmbeddedDatabaseTest {
  private final Vertx vertx = Vertx.vertx();
  private final List<Database> open = new CopyOnWriteArrayList<>();
  private final Map<Database, EmbeddedDatabase> providers = new ConcurrentHashMap<>();
  @TempDir Path state;

  @AfterEach
  void close() {
    open.forEach(database -> Db.await(database.close()));
    Db.await(vertx.close());
  }

  @Test
  @Acceptance({"FL-12", "FL-13"})
  void start_firstTime_isDurableAndRefusesWithoutPassword() throws IOException {
    Database database = start();

    assertThat(value(database, "SHOW fsync")).isEqualTo("on");
    assertThat(value(database, "SHOW full_page_writes")).isEqualTo("on");
    assertThat(value(database, "SHOW synchronous_commit")).isEqualTo("on");
    assertThat(value(database, "SHOW unix_socket_directories")).isEmpty();
    assertThat(value(database, "SHOW listen_addresses")).isEqualTo("127.0.0.1");
    assertThat(value(database, "SELECT rolpassword FROM pg_authid WHERE rolname = 'postgres'"))
        .as("one round for a random password")
        .startsWith("SCRAM-SHA-256$1:");
    assertThat(value(database, "SHOW scram_iterations")).as("for other roles").isEqualTo("4096");
    for (String password : List.of("postgres", "pass")) {
      PgConnectOptions intruder = database.dsn().connectOptions().setPassword(password);
      assertThat(Db.failure(PgConnection.connect(vertx, intruder)))
          .isInstanceOfSatisfying(
              PgException.class, e -> assertThat(e.getSqlState()).isEqualTo("28P01"));
    }
    Throwable withoutPassword =
        Db.failure(
            Database.open(
                vertx,
                new SimpleMeterRegistry(),
                new UrlDatabase(
                    vertx,
                    Dsn.parse(
                        "postgres://postgres@127.0.0.1:%d/trestle?sslmode=disable"
                            .formatted(database.dsn().port()))),
                Db.quick()));
    assertThat(((DatabaseFailure) withoutPassword).kind()).isEqualTo(DatabaseFailure.Kind.REFUSED);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(embedded("password"))))
        .isEqualTo("rw-------");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(embedded(""))))
        .isEqualTo("rwx------");
  }

  @Test
  void start_serverProcesses_keepTheirHeap() {
    Database database = start();

    Db.await(database.pool().query("CREATE TABLE env (line text)").execute());
    Db.await(database.pool().query("COPY env FROM PROGRAM 'env | grep ^MALLOC_'").execute());

    assertThat(value(database, "SELECT string_agg(line, ' ' ORDER BY line) FROM env"))
        .contains(
            "MALLOC_MMAP_THRESHOLD_=8388608",
            "MALLOC_TOP_PAD_=1048576",
            "MALLOC_TRIM_THRESHOLD_=16777216");
  }

  @Test
  void start_again_keepsDataPortAndPassword() throws IOException {
    Database first = start();
    write(first, 1);
    Dsn before = first.dsn();
    stop(first);
    assertThat(Files.exists(embedded("data/postmaster.pid"))).isFalse();

    Database second = start();

    assertThat(second.dsn()).isEqualTo(before);
    assertThat(second.systemId()).isEqualTo(first.systemId());
    assertThat(value(second, "SELECT count(*)::text FROM t")).isEqualTo("1");
  }

  @Test
  void start_portTaken_choosesAnother() throws IOException {
    Database first = start();
    int port = first.dsn().port();
    stop(first);

    try (ServerSocket taken =
        new ServerSocket(port, 1, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}))) {
      Database second = start();

      assertThat(second.dsn().port()).isNotEqualTo(taken.getLocalPort());
      assertThat(Files.readString(embedded("port")).strip()).isEqualTo("" + second.dsn().port());
    }
  }

  @Test
  void postgres_killedWhileKernelRuns_comesBackWithEveryAcknowledgedWrite() {
    Database database = start();
    write(database, 50);
    List<DatabaseState> states = new CopyOnWriteArrayList<>();
    database.onStateChange(states::add);

    kill(serverPid());

    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () -> assertThat(states).containsExactly(DatabaseState.AWAY, DatabaseState.AVAILABLE));
    assertThat(value(database, "SELECT count(*)::text FROM t")).isEqualTo("50");
    assertThat(value(database, "SHOW fsync")).isEqualTo("on");
  }

  @Test
  @Acceptance("FL-14")
  void start_orphanOfAKilledKernel_isReplacedWithOurSettings() throws IOException {
    Database first = start();
    write(first, 20);
    long orphan = orphan(first);
    List<String> said = new CopyOnWriteArrayList<>();

    Database second = start(Db.quick().withProgress(said::add));

    assertThat(said).anyMatch(line -> line.contains("orphaned PostgreSQL"));
    assertThat(serverPid()).isNotEqualTo(orphan);
    assertThat(value(second, "SELECT count(*)::text FROM t")).isEqualTo("20");
  }

  @Test
  @Acceptance("FL-14")
  void start_kernelAndPostgresKilled_recoversAtOnce() throws IOException {
    Database first = start();
    write(first, 20);
    kill(orphan(first));

    Database second = start();

    assertThat(value(second, "SELECT count(*)::text FROM t")).isEqualTo("20");
  }

  @Test
  void start_pidFileOfAnotherLiveProcess_leavesThatAlone()
      throws IOException, InterruptedException {
    Database first = start();
    write(first, 1);
    kill(orphan(first));
    Process stranger = new ProcessBuilder("sleep", "600").start();
    try {
      Path file = embedded("data/postmaster.pid");
      Files.writeString(
          file, Files.readString(file).replaceFirst("^\\d+", Long.toString(stranger.pid())));

      Database second = start();

      assertThat(value(second, "SELECT count(*)::text FROM t")).isEqualTo("1");
      assertThat(stranger.isAlive()).isTrue();
    } finally {
      stranger.destroyForcibly().waitFor();
    }
  }

  @Test
  void start_directoryInUse_isRefusedNamingThePid() {
    Database first = start();

    Throwable e =
        Db.failure(Database.open(vertx, new SimpleMeterRegistry(), provider(), Db.quick()));

    assertThat(e)
        .isInstanceOf(DatabaseFailure.class)
        .hasMessageContaining("in use by process " + ProcessHandle.current().pid());
    assertThat(value(first, "SELECT 'still here'")).isEqualTo("still here");
  }

  @Test
  void postmasterFile_foreignProcess_isNotOurs() throws IOException {
    Path data = Files.createDirectories(state.resolve("data"));
    Files.writeString(
        data.resolve("postmaster.pid"), ProcessHandle.current().pid() + "\n/x\n0\n5432\n");

    assertThat(PostmasterFile.read(data).orElseThrow().isServerOf(data)).isFalse();
  }

  @Test
  @Acceptance("FL-7")
  void url_nobodyAtFirst_servesWhenTheDatabaseComes() {
    Database first = start();
    String url =
        "postgres://postgres:%s@127.0.0.1:%d/trestle?sslmode=prefer"
            .formatted(first.dsn().password(), first.dsn().port());
    stop(first);
    List<String> said = new CopyOnWriteArrayList<>();
    var waiting =
        Database.open(
            vertx,
            new SimpleMeterRegistry(),
            new UrlDatabase(vertx, Dsn.parse(url)),
            Db.quick().withProgress(said::add));
    await().until(() -> !said.isEmpty());
    assertThat(waiting.isComplete()).isFalse();

    start();

    Database second = Db.await(waiting);
    open.add(0, second);
    assertThat(value(second, "SELECT 1::text")).isEqualTo("1");
    assertThat(said).noneMatch(line -> line.contains(first.dsn().password()));
  }

  /** Releases everything of the kernel except the server, as a kill -9 of the kernel does. */
  private long orphan(Database database) throws IOException {
    long pid = serverPid();
    Objects.requireNonNull(providers.remove(database)).abandon();
    stop(database);
    return pid;
  }

  private Database start() {
    return start(Db.quick());
  }

  private Database start(DatabaseOptions options) {
    EmbeddedDatabase provider = provider();
    Database database =
        Db.await(Database.open(vertx, new SimpleMeterRegistry(), provider, options));
    open.add(database);
    providers.put(database, provider);
    return database;
  }

  private EmbeddedDatabase provider() {
    Path binaries = Path.of(System.getProperty(EmbeddedOptions.PROGRAMS, "target/postgresql"));
    return new EmbeddedDatabase(vertx, new EmbeddedOptions(state.resolve("embedded"), binaries, 8));
  }

  private void stop(Database database) {
    open.remove(database);
    Db.await(database.close());
  }

  private long serverPid() {
    return PostmasterFile.read(embedded("data")).orElseThrow().pid();
  }

  private Path embedded(String name) {
    try {
      return state.toRealPath().resolve("embedded").resolve(name);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void kill(long pid) {
    ProcessHandle.of(pid).orElseThrow().destroyForcibly();
  }

  private static void write(Database database, int rows) {
    Db.await(database.pool().query("CREATE TABLE IF NOT EXISTS t (id int)").execute());
    for (int i = 0; i < rows; i++) {
      Db.await(database.pool().query("INSERT INTO t VALUES (" + i + ")").execute());
    }
  }

  private static String value(Database database, String sql) {
    return Db.await(database.pool().query(sql).execute()).iterator().next().getString(0);
  }
}
