package io.trestle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.trestle.Acceptance;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The launcher script in a checkout of its own, with a JDK and a Maven that only say what they were
 * asked.
 */
class LauncherTest {
  @TempDir Path home;

  private record Run(long pid, int exit, String out, String err) {}

  @BeforeEach
  void prepare() throws IOException {
    Files.copy(KernelProcess.HOME.resolve("trestle"), home.resolve("trestle"));
    script(
        "jdk/bin/java",
        """
        all="$*"
        case "$all" in *AtExit=*) archive=${all#*AtExit=}; : >"${archive%% *}" ;; esac
        echo "$$ java $all"
        """);
    Files.writeString(home.resolve("jdk/release"), "JAVA_VERSION=\"17.0.9\"\n");
    script(
        "bin/mvn",
        "echo built >>mvn.log; mkdir -p distribution/target/trestle; : >distribution/target/trestle/.built");
  }

  private void script(String path, String body) throws IOException {
    Path file = home.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, "#!/usr/bin/env bash\n" + body + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Run run(Map<String, String> environment, String... args) throws IOException {
    List<String> command = new ArrayList<>(List.of(home.resolve("trestle").toString()));
    command.addAll(List.of(args));
    Path out = home.resolve("out.txt");
    Path err = home.resolve("err.txt");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("TRESTLE_"));
    builder.environment().put("JAVA_HOME", home.resolve("jdk").toString());
    builder.environment().merge("PATH", home.resolve("bin") + ":", (path, own) -> own + path);
    builder.environment().putAll(environment);
    Process process = builder.start();
    try {
      int exit = process.waitFor();
      return new Run(
          process.pid(),
          exit,
          Files.readString(out, StandardCharsets.UTF_8),
          Files.readString(err, StandardCharsets.UTF_8));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  private long builds() throws IOException {
    Path log = home.resolve("mvn.log");
    return Files.exists(log) ? Files.readAllLines(log).size() : 0;
  }

  private void git(String... args) throws IOException {
    List<String> command = new ArrayList<>(List.of("git", "-C", home.toString()));
    command.addAll(List.of(args));
    try {
      assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  @Test
  void firstRun_buildsMakesTheArchiveAndBecomesTheJvm() throws IOException {
    Run first = run(Map.of(), "up", "--set", "a=b c");

    assertThat(first.exit()).as(first.err()).isZero();
    assertThat(first.err()).contains("building");
    assertThat(first.out())
        .startsWith(first.pid() + " java ")
        .endsWith("trestle.jar up --set a=b c\n");
    assertThat(first.out())
        .contains("-XX:SharedArchiveFile=", "-Dtrestle.home=" + home.toRealPath());

    Run second = run(Map.of(), "version");

    assertThat(second.err()).isEmpty();
    assertThat(builds()).isEqualTo(1);
  }

  @Test
  void kernel_beginsWithASmallHeap_unlessTheUserSizesIt() throws IOException {
    assertThat(run(Map.of(), "up").out()).contains("-Xms64m");
    assertThat(run(Map.of(), "serve").out()).contains("-Xms64m");
    assertThat(run(Map.of(), "version").out()).doesNotContain("-Xms");
    assertThat(run(Map.of("TRESTLE_JAVA_OPTS", "-Xss1m -Xmx48m"), "up").out())
        .contains("-Xmx48m")
        .doesNotContain("-Xms");
  }

  @Test
  void trackedSource_newerThanTheBuild_isBuiltAgain() throws IOException {
    Path source = Files.createDirectories(home.resolve("kernel/src/main/java")).resolve("A.java");
    Files.writeString(source, "class A {}");
    Path untracked = Files.writeString(source.resolveSibling("B.java"), "class B {}");
    Files.setLastModifiedTime(source, FileTime.from(Instant.now().minusSeconds(60)));
    git("init", "-q");
    git("add", "kernel/src/main/java/A.java");
    assertThat(run(Map.of(), "version").exit()).isZero();
    Files.setLastModifiedTime(untracked, FileTime.from(Instant.now().plusSeconds(60)));
    assertThat(run(Map.of(), "version").exit()).isZero();
    assertThat(builds()).isEqualTo(1);

    Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(60)));
    Run forbidden = run(Map.of("TRESTLE_NO_BUILD", "1"), "version");
    assertThat(forbidden.exit()).isZero();
    assertThat(forbidden.err()).contains("newer than the build");
    assertThat(builds()).isEqualTo(1);

    assertThat(run(Map.of(), "version").err()).contains("building");
    assertThat(builds()).isEqualTo(2);
  }

  @Test
  @Acceptance("FL-30")
  void nothingBuilt_andBuildingForbidden_fails() throws IOException {
    Run run = run(Map.of("TRESTLE_NO_BUILD", "1"), "service", "list", "-o", "json");

    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).contains("TRESTLE_NO_BUILD=1");
    JsonNode json = Json.parse(run.out().getBytes(StandardCharsets.UTF_8)).orElseThrow();
    assertThat(json.path("message").asText()).contains("TRESTLE_NO_BUILD=1");
    assertThat(builds()).isZero();
  }

  @Test
  @Acceptance("FL-10")
  void oldJava_isNamedWithWhatToDo() throws IOException {
    Files.delete(home.resolve("jdk/release"));
    script("jdk/bin/java", "echo 'openjdk version \"11.0.2\" 2019-01-15' >&2");

    Run run = run(Map.of(), "doctor");

    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).contains("jdk/bin/java is Java 11.0.2", "17 or newer", "set JAVA_HOME");
    assertThat(builds()).isZero();
  }

  @Test
  void failedBuild_isSaidAndNothingRuns() throws IOException {
    script("bin/mvn", "echo 'COMPILATION ERROR'; exit 1");

    Run run = run(Map.of(), "up");

    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).contains("COMPILATION ERROR", "the build failed");
    assertThat(run.out()).isEmpty();
  }
}
