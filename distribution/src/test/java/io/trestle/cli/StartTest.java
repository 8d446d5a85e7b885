package io.trestle.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.trestle.Acceptance;
import io.trestle.kernel.TrestleOptions;
import io.trestle.kernel.config.Configuration;
import io.trestle.kernel.config.Flags;
import io.trestle.kernel.database.DatabaseOptions;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Starts that fail, or wait. */
class StartTest {
  private static final PrintStream DISCARD = new PrintStream(OutputStream.nullOutputStream());

  /** Of this database: other tests have kernels on the same server. */
  private static final String ADVISORY_LOCKS =
      """
      SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      """;

  @TempDir Path state;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          modules: { pkey: }             | modules.pkey | pki
          databse: { provider: url }     | databse      | database
          database: { provider: files }  | provider     | embedded
          database: { allow_unsafe: 12 } | allow_unsafe | true
          """)
  @Acceptance("FL-5")
  void configuration_wrong_endsNamingFileKeyAndWhatIsAllowed(
      String yaml, String key, String allowed) throws IOException {
    Path file = Files.writeString(state.resolve("wrong.yaml"), yaml);

    CliRun run = CliRun.of(state.resolve("s"), "up", "--config", file.toString(), "-o", "json");

    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.json().path("code").asText()).isEqualTo("invalid_argument");
    assertThat(run.json().path("message").asText()).contains(file.toString(), key, allowed);
    assertThat(run.err()).contains(file.toString(), key, allowed);
  }

  @Test
  @Acceptance("FL-5")
  void setting_unknownOnTheCommandLine_endsNamingIt() {
    CliRun run =
        CliRun.of(state, "serve", "--pg-url", new TestDatabase().url(), "--set", "rpc.colour=red");

    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).contains("rpc.colour");
  }

  @Test
  @Acceptance({"CO-38", "FL-5"})
  void module_withoutTheAuthorityOfItsServices_endsNamingModuleAndReason() {
    TestDatabase database = new TestDatabase();
    try (SourceKernel kernel = SourceKernel.start(state, database)) {
      kernel.createService("orphan");
    }
    database.execute("DELETE FROM runtime_ca");

    try (KernelProcess kernel = KernelProcess.serve(state, database.url())) {
      assertThat(kernel.awaitExit()).isEqualTo(1);
      assertThat(kernel.err()).contains("trestle: module pki: ").contains("runtime_ca");
    }
    assertThat(database.value("SELECT count(*) FROM runtime_ca")).isEqualTo("0");
    assertThat(database.value(ADVISORY_LOCKS)).as("locks of a start that failed").isEqualTo("0");
  }

  @ParameterizedTest
  @CsvSource({"network.grpc_port, network.ui_port", "network.ui_port, network.grpc_port"})
  @Acceptance("FL-6")
  void port_inUse_endsNamingPortAndSetting(String taken, String free) throws IOException {
    try (ServerSocket other = FreePorts.taken()) {
      String port = String.valueOf(other.getLocalPort());

      CliRun run =
          CliRun.of(
              state,
              "serve",
              "--pg-url",
              new TestDatabase().url(),
              "--set",
              taken + "=" + port,
              "--set",
              free + "=0");

      assertThat(run.exit()).isEqualTo(1);
      assertThat(run.err()).contains(taken, port, "in use");
    }
  }

  @Test
  @Acceptance("WI-63")
  void pool_belowFour_isRefusedByName() {
    TestDatabase database = new TestDatabase();

    CliRun run = CliRun.of(state, "-pg-url", database.url(database.port(), 3));

    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).contains("pool_max_conns: 3");
  }

  @Test
  @Acceptance("FL-7")
  void database_notThereYet_isAwaitedAloud() throws IOException {
    TestDatabase database = new TestDatabase();
    int port = FreePorts.next();
    try (KernelProcess kernel = KernelProcess.serve(state, database.url(port))) {
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> kernel.err().contains("waiting for the database"));
      assertThat(kernel.err()).as("how long this process will try").contains(" of=60 ");
      assertThat(kernel.isAlive()).isTrue();
      assertThat(kernel.err()).contains(":" + port).doesNotContain("postgres:postgres");

      try (Forwarder comes = Forwarder.open(port, database.port())) {
        kernel.awaitReady();
        assertThat(kernel.cli("service", "list").exit()).isZero();
        kernel.terminate();
        assertThat(kernel.awaitExit()).isZero();
      }
    }
  }

  /** The minute is a constant, shortened here; above, a process says that it has one. */
  @Test
  @Acceptance("FL-7")
  void database_thatDoesNotCome_endsSayingWhatToDo() {
    String url = new TestDatabase().url(FreePorts.next());
    Configuration configuration =
        Configuration.parse("", "nothing", Map.of(), new Flags(url, state, Map.of()));
    DatabaseOptions impatient =
        DatabaseOptions.standard()
            .withStartTimes(Duration.ofMillis(500), Duration.ofMillis(50), Duration.ofSeconds(1));
    TrestleOptions options = TrestleOptions.of(configuration, state).withDatabase(impatient);
    Terminal nowhere = new Terminal(DISCARD, DISCARD);
    Cli cli = new Cli(nowhere, Map.of(), KernelProcess.HOME, new Globals());

    assertThatThrownBy(() -> KernelRun.run(cli, () -> options))
        .isInstanceOfSatisfying(CliFailure.class, e -> assertThat(e.exit().number()).isEqualTo(1))
        .hasMessageContaining("database: ")
        .hasMessageContaining("did not answer for")
        .hasMessageContaining("start PostgreSQL or correct the DSN")
        .hasMessageNotContaining("postgres:postgres");
  }

  @Test
  void database_refusing_endsAtOnceWithoutThePassword() {
    String url = new TestDatabase().url().replace("postgres:postgres@", "postgres:not-it@");

    CliRun run = CliRun.of(state, "serve", "--pg-url", url.replaceAll("/test_\\d+", "/nowhere"));

    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).contains("database").doesNotContain("not-it");
  }

  @Test
  void sigterm_whileWaitingForTheDatabase_endsAtOnce() {
    try (KernelProcess kernel =
        KernelProcess.serve(state, new TestDatabase().url(FreePorts.next()))) {
      // The last line before it tries to connect: it says that it waits only after five seconds.
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> kernel.err().contains("effective configuration"));

      kernel.terminate();

      assertThat(kernel.awaitExit(Duration.ofSeconds(20))).isEqualTo(1);
      assertThat(kernel.err()).contains("stopped before it was ready");
    }
  }
}
