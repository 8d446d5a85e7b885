package io.trestle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.Acceptance;
import io.trestle.kernel.config.Configuration;
import io.trestle.kernel.config.Flags;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorTest {
  private static final String MODULES = "modules: { pki: , registry: }";

  @TempDir Path directory;

  private List<Finding> examine(String databaseUrl, InstantSource clock, Map<String, String> set) {
    Flags flags = new Flags(databaseUrl, null, set);
    return new Doctor(
            () -> Configuration.parse(MODULES, "test", Map.of(), flags),
            directory.resolve("state"),
            clock)
        .examine();
  }

  private static Finding of(List<Finding> findings, String subject) {
    return findings.stream()
        .filter(f -> f.subject().startsWith(subject))
        .findFirst()
        .orElseThrow(() -> new AssertionError(findings));
  }

  @Test
  @Acceptance("FL-10")
  void goodMachine_holdsNoPortAndMakesNothing() {
    int grpc = FreePorts.next();
    int http = FreePorts.next();

    CliRun run =
        CliRun.of(
            directory.resolve("state"),
            "doctor",
            "--pg-url",
            new TestDatabase().url(),
            "--set",
            "network.grpc_port=" + grpc,
            "--set",
            "network.ui_port=" + http,
            "-o",
            "json");

    assertThat(run.exit()).as(run.toString()).isZero();
    assertThat(run.json().path("ok").asBoolean()).isTrue();
    assertThat(run.json().path("checks").findValuesAsText("subject"))
        .contains("java", "state", "database", "clock", "port " + grpc, "port " + http);
    assertThat(FreePorts.accepts(grpc)).isFalse();
    assertThat(FreePorts.accepts(http)).isFalse();
    assertThat(Files.exists(directory.resolve("state"))).isFalse();
  }

  @Test
  @Acceptance("FL-10")
  void takenPort_isNamedWithItsSetting() throws IOException {
    try (ServerSocket taken = FreePorts.taken()) {
      String port = String.valueOf(taken.getLocalPort());

      CliRun run =
          CliRun.of(
              directory.resolve("state"),
              "doctor",
              "--set",
              "network.grpc_port=" + port,
              "--set",
              "network.ui_port=0");

      assertThat(run.exit()).isEqualTo(1);
      assertThat(run.out())
          .containsPattern("(?m)^PROBLEM +port " + port + ": network.grpc_port: .*; stop the");
    }
  }

  @Test
  @Acceptance("FL-10")
  void takenPort_storedInTheDatabase_isNamed() throws IOException {
    TestDatabase database = new TestDatabase();
    assertThat(CliRun.of(directory.resolve("m"), "-migrate", "-pg-url", database.url()).exit())
        .isZero();
    try (ServerSocket taken = FreePorts.taken()) {
      database.execute(
          "UPDATE runtime_settings SET value = '%d' WHERE key = 'network.ui_port'"
              .formatted(taken.getLocalPort()));

      List<Finding> findings =
          examine(database.url(), InstantSource.system(), Map.of("network.grpc_port", "0"));

      assertThat(of(findings, "port " + taken.getLocalPort()).good()).isFalse();
    }
  }

  @Test
  @Acceptance("FL-10")
  void unreachableDatabase_isNamedWithoutItsPassword() {
    String url = "postgres://user:secret@127.0.0.1:%d/db".formatted(FreePorts.next());

    Finding finding = of(examine(url, InstantSource.system(), Map.of()), "database");

    assertThat(finding.good()).isFalse();
    assertThat(finding.message()).contains("127.0.0.1").doesNotContain("secret");
    assertThat(finding.advice()).contains("start PostgreSQL");
  }

  @Test
  @Acceptance("FL-10")
  void skewedClock_isNamedWithTheDifference() {
    TestDatabase database = new TestDatabase();
    InstantSource fast = InstantSource.offset(InstantSource.system(), Duration.ofMinutes(10));
    InstantSource slow = InstantSource.offset(InstantSource.system(), Duration.ofMinutes(-10));

    Finding ahead = of(examine(database.url(), fast, Map.of()), "clock");
    Finding behind = of(examine(database.url(), slow, Map.of()), "clock");

    assertThat(ahead.message()).containsPattern("(599|600|601) s ahead");
    assertThat(behind.message()).containsPattern("(599|600|601) s behind");
    assertThat(behind.advice()).contains("NTP");
    assertThat(of(examine(database.url(), InstantSource.system(), Map.of()), "clock").good())
        .isTrue();
  }

  @Test
  @Acceptance("FL-10")
  void oldJava_isNamedWithWhatToDo() {
    Finding finding = Doctor.java(Runtime.Version.parse("11.0.2"));

    assertThat(finding.good()).isFalse();
    assertThat(finding.message()).contains("11.0.2", "17 or newer");
    assertThat(finding.advice()).contains("JAVA_HOME");
  }

  @Test
  void openStateDirectoryAndToken_areNamed() throws IOException {
    Path root = Files.createDirectories(directory.resolve("state"));
    Path kernel = Files.createDirectories(root.resolve("one"));
    Path token = Files.writeString(kernel.resolve("admin-token"), "x");
    Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.setPosixFilePermissions(token, PosixFilePermissions.fromString("rw-r--r--"));

    List<Finding> findings = new StateProbe(root).look();

    assertThat(findings).hasSize(2).noneMatch(Finding::good);
    assertThat(findings.get(0).advice()).contains("chmod 700");
    assertThat(findings.get(1).message()).contains(token.toString());
  }

  @Test
  void portOfTheRunningKernel_isNoProblem() {
    TestDatabase database = new TestDatabase();
    Path state = directory.resolve("running");
    try (SourceKernel kernel = SourceKernel.start(state, database)) {
      String address = kernel.trestle().grpc().get(0);
      String port = address.substring(address.lastIndexOf(':') + 1);

      CliRun run =
          CliRun.of(
              state, "doctor", "--set", "network.grpc_port=" + port, "--set", "network.ui_port=0");

      assertThat(run.exit()).as(run.toString()).isZero();
      assertThat(run.out()).contains("used by the running kernel");
    }
  }
}
