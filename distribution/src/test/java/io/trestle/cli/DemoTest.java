package io.trestle.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.trestle.Acceptance;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The demo as people run it. */
class DemoTest {
  private static final Duration LONG = Duration.ofMinutes(3);

  @TempDir Path state;

  /** Everything that a demo started, as seen while it ran. */
  private final Set<ProcessHandle> started = ConcurrentHashMap.newKeySet();

  @Test
  @Acceptance({"FL-1", "FL-2", "FL-3"})
  void once_besideUp_everyOrderEndsAndNoneIsChargedTwice() {
    try (KernelProcess up = KernelProcess.up(state).awaitReady();
        KernelProcess demo = KernelProcess.start(state, "demo", "--once")) {
      await().atMost(LONG).until(() -> !look(demo));

      assertThat(demo.awaitExit()).as(demo.err()).isZero();
      JsonNode report = report(demo);
      assertThat(report.path("problems")).as(demo.out()).isEmpty();
      assertThat(report.path("orders").path("all").asInt()).isGreaterThan(200);
      assertThat(report.path("orders").path("failed").asInt()).isZero();
      assertThat(report.path("charges").path("rows"))
          .isEqualTo(report.path("orders").path("completed"));
      assertThat(report.path("charges").path("charged_twice").asInt()).isZero();
      assertThat(report.path("streams").path("complete").asInt()).isPositive();
      assertThat(report.path("refund").path("status").asInt()).isEqualTo(403);
      assertThat(report.path("refund").path("message").asText()).contains("denied");
      assertThat(report.path("refund").path("charges_refunded").asInt()).isZero();
      assertThat(report.path("charges").path("by_process").toString())
          .contains("payments-1 (killed)", "payments-2", "payments-3");
      assertThat(demo.err()).contains("kill -9 payments-1");
      assertEvents(report);

      assertThat(started).hasSizeGreaterThan(5).noneMatch(ProcessHandle::isAlive);
      assertThat(up.cli("service", "list").out()).doesNotContain("payments");
      assertTables(report);
    }
  }

  /**
   * What is printed is what the tables of the services hold, read without the demo. The key of a
   * charge is its order.
   */
  private void assertTables(JsonNode report) {
    JsonNode orders = report.path("orders");
    try (LeftDatabase left = LeftDatabase.of(state.resolve("demo"))) {
      assertThat(left.count("order_flow_storefront", "SELECT count(*) FROM orders"))
          .isEqualTo(orders.path("all").asLong());
      assertThat(
              left.count(
                  "order_flow_storefront",
                  "SELECT count(*) FROM orders WHERE ending = 'completed'"))
          .isEqualTo(orders.path("completed").asLong());
      assertThat(left.count("order_flow", "SELECT count(*) FROM charges"))
          .isEqualTo(report.path("charges").path("rows").asLong());
    }
  }

  private static void assertEvents(JsonNode report) {
    JsonNode events = report.path("events");
    assertThat(events.path("committed")).isEqualTo(report.path("orders").path("all"));
    assertThat(events.path("sent")).isEqualTo(events.path("committed"));
    JsonNode consumers = events.path("consumers");
    assertThat(consumers.path("audit").path("events")).isEqualTo(events.path("committed"));
    assertThat(consumers.path("shipping").path("filtered").asInt()).isPositive();
    assertThat(consumers.path("shipping").path("parcels"))
        .isEqualTo(consumers.path("shipping").path("events"));
    JsonNode letters = events.path("dead_letters");
    assertThat(letters.path("found").asInt()).isPositive();
    assertThat(letters.path("replayed")).isEqualTo(letters.path("found"));
    assertThat(letters.path("dead_again").asInt()).isZero();
  }

  @Test
  @Acceptance("FL-1")
  void demo_killed_leavesNoProcess() {
    try (KernelProcess demo = KernelProcess.start(state, "demo")) {
      await().atMost(LONG).until(() -> look(demo) && demo.err().contains("ended"));

      demo.kill();

      await().atMost(LONG).until(() -> started.stream().noneMatch(ProcessHandle::isAlive));
      assertThat(started).hasSizeGreaterThan(5);
    }
  }

  @Test
  void orders_badFile_isRefusedBeforeAnythingIsStarted() throws IOException {
    Path file = Files.writeString(state.resolve("bad.jsonl"), "\n{\"id\":\"o-1\"}\n");

    try (KernelProcess demo =
        KernelProcess.start(state, "demo", "--once", "--orders", file.toString())) {
      assertThat(demo.awaitExit()).isEqualTo(ExitCode.FAILED.number());
      assertThat(report(demo).path("message").asText())
          .isEqualTo(file + ":2: customer: missing (expected: a text of 1 to 200 characters)");
      assertThat(state.resolve("demo")).doesNotExist();
    }
  }

  /** Notes what runs; returns whether the demo does. */
  private boolean look(KernelProcess demo) {
    ProcessHandle.of(demo.pid()).ifPresent(process -> process.descendants().forEach(started::add));
    Path pidFile = state.resolve("demo/embedded/data/postmaster.pid");
    try {
      ProcessHandle.of(Long.parseLong(Files.readAllLines(pidFile).get(0).strip()))
          .ifPresent(started::add);
    } catch (IOException | RuntimeException e) {
      return demo.isAlive(); // no database yet, or no longer
    }
    return demo.isAlive();
  }

  private static JsonNode report(KernelProcess demo) {
    return Json.parse(demo.out().getBytes(StandardCharsets.UTF_8)).orElseThrow();
  }
}
