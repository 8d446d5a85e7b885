package io.trestle.benchmarks.smoke;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.benchmarks.Bench;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each benchmark in its smallest form, with real processes. What it measures proves nothing. */
class BenchSmokeTest {
  /** A port where nothing listens, so that no broker of the machine is measured too. */
  private static final String NOBODY = "%s://127.0.0.1:1";

  @TempDir Path home;

  @BeforeEach
  void workBelowHome() {
    System.setProperty("trestle.home", home.toString());
    System.setProperty("trestle.bench.java-opts", "-XX:TieredStopAtLevel=1");
  }

  @AfterEach
  void restore() {
    System.clearProperty("trestle.home");
    System.clearProperty("trestle.bench.java-opts");
  }

  @Test
  void rpc_comparesBothWaysWithGrpcJava_andLeavesNothing() throws IOException {
    Path file = home.resolve("rpc.json");

    Run run =
        Run.of(
            "rpc",
            "--size",
            "1KiB",
            "--chunks",
            "10",
            "--seconds",
            "0.3",
            "--rounds",
            "1",
            "--warm-up",
            "0",
            "--json",
            file.toString());

    assertThat(run.exit()).as(run.err()).isZero();
    assertThat(run.out())
        .contains("direct 1KiB", "proxied 1KiB", "direct stream 10x1KiB", "grpc-java");
    List<JsonObject> results = results(file);
    assertThat(results).extracting(r -> r.getString("peer")).containsOnly("grpc-java");
    assertThat(results).allSatisfy(r -> assertThat(r.getDouble("ratio")).isPositive());
    assertNothingIsLeft();
  }

  @Test
  void pipeline_comparesWithSingleCommits_andLeavesNothing() throws IOException {
    Path file = home.resolve("pipeline.json");

    Run run =
        Run.of(
            "pipeline",
            "--writers",
            "1,20",
            "--seconds",
            "0.2",
            "--rounds",
            "1",
            "--json",
            file.toString());

    assertThat(run.exit()).as(run.err()).isZero();
    assertThat(results(file))
        .extracting(r -> r.getString("case"))
        .containsExactly("1 writer 1KiB", "20 writers 1KiB");
    assertNothingIsLeft();
  }

  @Test
  void sessions_areWatchedByAll_andLeaveNothing() throws IOException {
    Path file = home.resolve("sessions.json");

    Run run = Run.of("sessions", "--services", "4", "--instances", "12", "--json", file.toString());

    assertThat(run.exit()).as(run.err()).isZero();
    assertThat(results(file))
        .extracting(r -> r.getString("case"))
        .contains("join seen by all", "leave seen by all");
    assertNothingIsLeft();
  }

  @Test
  void policy_isEditedAndToldToWhomItConcerns_andLeavesNothing() throws IOException {
    Path file = home.resolve("policy.json");

    Run run =
        Run.of(
            "policy",
            "--services",
            "6",
            "--watchers",
            "5",
            "--edits",
            "4",
            "--quiet-millis",
            "100",
            "--json",
            file.toString());

    assertThat(run.exit()).as(run.err()).isZero();
    List<JsonObject> results = results(file);
    assertThat(results)
        .extracting(r -> r.getString("case"))
        .containsExactly(
            "edit is in force in the runtime",
            "egress edit is known to the caller",
            "acceptance edit is known to the callee",
            "acceptance edit is known to the caller",
            "event-loop time of the kernel for an edit",
            "frames that a watcher did not need");
    assertThat(results.get(5).getLong("frames")).isZero();
    assertNothingIsLeft();
  }

  @Test
  void events_areDeliveredInEveryCase_andLeaveNothing() throws IOException {
    Path file = home.resolve("events.json");

    Run run =
        Run.of(
            "events",
            "--outstanding",
            "20",
            "--fan-out",
            "1,3",
            "--rate",
            "200",
            "--seconds",
            "1",
            "--rounds",
            "1",
            "--warm-up",
            "0",
            "--rabbitmq",
            NOBODY.formatted("amqp"),
            "--nats",
            NOBODY.formatted("nats"),
            "--json",
            file.toString());

    assertThat(run.exit()).as(run.err()).isZero();
    assertThat(results(file))
        .extracting(r -> r.getString("case"))
        .containsExactly(
            "20 outstanding 1KiB",
            "50 outstanding, fan-out 1 1KiB",
            "50 outstanding, fan-out 3 1KiB",
            "30 outstanding, wildcard 1KiB",
            "1000 outstanding, 1000 keys 1KiB",
            "open loop 1KiB",
            "open loop, half of the peak 1KiB");
    assertNothingIsLeft();
  }

  @Test
  void backlog_survivesARestart_isCaughtUpWith_andLeavesNothing() throws IOException {
    Path file = home.resolve("backlog.json");

    Run run =
        Run.of(
            "backlog",
            "--events",
            "3000",
            "--seconds",
            "0.5",
            "--rounds",
            "1",
            "--idle-seconds",
            "0.5",
            "--catch-up-seconds",
            "20",
            "--warm-up",
            "0",
            "--json",
            file.toString());

    assertThat(run.exit()).as(run.err()).isZero();
    List<JsonObject> results = results(file);
    assertThat(results)
        .extracting(r -> r.getString("case"))
        .containsExactly(
            "publish, empty log",
            "start of the kernel",
            "publish, consumer away",
            "publish, idle transaction",
            "catch-up, nobody publishes",
            "publish, consumer catching up",
            "memory of the kernel, catching up");
    assertThat(results).allSatisfy(r -> assertThat(r.getDouble("ours_per_s")).isPositive());
    assertThat(results.get(4).getLong("deliveries")).isBetween(1_500L, 3_000L);
    assertNothingIsLeft();
  }

  /** One run of the command line in this JVM. */
  private record Run(int exit, String out, String err) {
    static Run of(String... args) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      ByteArrayOutputStream err = new ByteArrayOutputStream();
      int exit = Bench.run(args, printing(out), printing(err));
      return new Run(
          exit, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private static PrintStream printing(ByteArrayOutputStream to) {
      return new PrintStream(to, true, StandardCharsets.UTF_8);
    }
  }

  private static List<JsonObject> results(Path file) throws IOException {
    return new JsonObject(Files.readString(file))
        .getJsonArray("results").stream().map(result -> (JsonObject) result).toList();
  }

  private void assertNothingIsLeft() throws IOException {
    try (Stream<Path> left = Files.list(home.resolve(".trestle"))) {
      assertThat(left).isEmpty();
    }
    assertThat(ProcessHandle.current().children()).isEmpty();
  }
}
