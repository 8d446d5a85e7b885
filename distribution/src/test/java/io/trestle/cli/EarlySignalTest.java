package io.trestle.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A signal while the embedded PostgreSQL is being made or started. */
class EarlySignalTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  @TempDir Path state;

  @ParameterizedTest
  @ValueSource(strings = {"/bin/pg_ctl", "/bin/postgres -D"})
  void sigterm_whileTheDatabaseIsSetUp_leavesNoProcessBehind(String program) {
    try (KernelProcess kernel = KernelProcess.up(state)) {
      await()
          .atMost(LONG)
          .pollInterval(Duration.ofMillis(5))
          .until(() -> programs().stream().anyMatch(line -> line.contains(program)));
      kernel.terminate();

      assertThat(kernel.awaitExit()).as(kernel.err()).isEqualTo(1);
      awaitNone();
      assertThat(kernel.err()).contains("stopped before it was ready");
      assertThat(kernel.out()).contains("\"code\": \"aborted\"").doesNotContain("\"grpc\"");
    }
  }

  @Test
  void up_afterASignalDuringInitdb_startsAsIfNothingHadBeen() {
    try (KernelProcess first = KernelProcess.up(state)) {
      await()
          .atMost(LONG)
          .pollInterval(Duration.ofMillis(5))
          .until(() -> programs().stream().anyMatch(line -> line.contains("/bin/initdb")));
      first.terminate();
      first.awaitExit();
    }
    try (KernelProcess second = KernelProcess.up(state).awaitReady()) {
      second.terminate();
      assertThat(second.awaitExit()).as(second.err()).isZero();
    }
    awaitNone();
  }

  /** PostgreSQL removes its pid file, for which its kernel waits, a moment before it is gone. */
  private void awaitNone() {
    await().untilAsserted(() -> assertThat(programs()).isEmpty());
  }

  /** Command lines of all processes that were given something in the state directory. */
  private List<String> programs() {
    return ProcessHandle.allProcesses()
        .flatMap(process -> process.info().commandLine().stream())
        .filter(line -> line.contains(state.toString()))
        .toList();
  }
}
