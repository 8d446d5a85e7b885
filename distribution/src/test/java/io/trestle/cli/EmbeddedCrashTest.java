package io.trestle.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trestle.Acceptance;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** kill -9 with the embedded database. */
class EmbeddedCrashTest {
  @TempDir Path state;

  @Test
  @Acceptance({"FL-14", "FL-6"})
  void up_afterKillingKernelPostgresOrBoth_isReadyAgainWithEveryAcknowledgedWrite() {
    try (KernelProcess first = KernelProcess.up(state).awaitReady()) {
      assertThat(state.resolve("embedded/runtime.json"))
          .content()
          .contains(first.grpc().replace("127.0.0.1", ""));
      first.createService("before-kernel");
      first.kill();
      assertThat(first.postgres()).as("outlives its kernel").isPresent();
    }
    try (KernelProcess second = KernelProcess.up(state).awaitReady()) {
      assertThat(second.cli("service", "list").out()).contains("before-kernel");
      second.createService("before-postgres");

      second.postgres().orElseThrow().destroyForcibly();
      await()
          .ignoreExceptions()
          .until(() -> second.cli("service", "create", "after-postgres").exit() == 0);
      assertThat(second.cli("service", "list").out())
          .contains("before-kernel", "before-postgres", "after-postgres");

      ProcessHandle postgres = second.postgres().orElseThrow();
      second.kill();
      postgres.destroyForcibly();
      await().until(() -> !postgres.isAlive());
    }
    try (KernelProcess third = KernelProcess.up(state).awaitReady()) {
      assertThat(third.cli("service", "list").out())
          .contains("before-kernel", "before-postgres", "after-postgres");
      ProcessHandle postgres = third.postgres().orElseThrow();

      third.terminate();

      assertThat(third.awaitExit()).as(third.err()).isZero();
      await("PostgreSQL removes its pid file a moment before it is gone")
          .until(() -> !postgres.isAlive());
      assertThat(Files.exists(state.resolve("embedded/runtime.json"))).isFalse();
    }
  }
}
