package io.trestle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.trestle.Acceptance;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Two processes on one database. Mostly waits for the lock, so it runs beside others. */
@Execution(ExecutionMode.CONCURRENT)
class LeaderTest {
  @TempDir Path state;
  @TempDir Path otherState;

  @Test
  @Acceptance("FL-8")
  void secondKernel_endsNamingTheHolder_untilTheFirstIsKilled() {
    TestDatabase database = TestDatabase.migrated();
    try (KernelProcess first = KernelProcess.serve(state, database.url()).awaitReady()) {
      try (KernelProcess second = KernelProcess.serve(otherState, database.url())) {
        assertThat(second.awaitExit()).isEqualTo(1);
        assertThat(second.err())
            .contains("leader lock")
            .contains(database.value("SELECT id FROM kernels"))
            .contains("pid " + first.pid());
        assertThat(Json.parse(second.out().getBytes(java.nio.charset.StandardCharsets.UTF_8)))
            .hasValueSatisfying(json -> assertThat(json.path("message").asText()).contains("pid"));
      }
      assertThat(first.cli("service", "create", "undisturbed").exit()).isZero();

      first.kill();
    }
    try (KernelProcess third = KernelProcess.serve(otherState, database.url()).awaitReady()) {
      assertThat(third.cli("service", "list").out()).contains("undisturbed");
    }
  }

  @Test
  @Acceptance("FL-30")
  void kernel_supersededAfterItWasReady_printsNoSecondValue() throws IOException {
    TestDatabase database = TestDatabase.migrated();
    try (KernelProcess kernel = KernelProcess.serve(state, database.url()).awaitReady()) {
      database.execute(
          "INSERT INTO kernels (id, epoch, pid, host) VALUES (gen_random_uuid(), 100, 1, 'there')");

      assertThat(kernel.cli("service", "create", "late").exit()).isNotZero();

      assertThat(kernel.awaitExit()).isEqualTo(1);
      assertThat(kernel.err()).contains("the kernel ended: another kernel");
      assertThat(database.value("SELECT count(*) FROM services")).isEqualTo("0");
      try (var values = new ObjectMapper().readerFor(JsonNode.class).readValues(kernel.out())) {
        assertThat(values.readAll()).hasSize(1);
      }
    }
  }
}
