package io.trestle.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChildTest {
  private static final String OPTIONS = "trestle.bench.java-opts";

  @TempDir Path directory;

  @AfterEach
  void restore() {
    System.clearProperty(OPTIONS);
  }

  @Test
  void process_thatEndsBeforeItAnswers_isShownWithWhatItSaidOnStandardOutput() {
    System.setProperty(OPTIONS, "--version");

    try (Child child = Child.start("kernel", List.of(), directory)) {
      assertThatThrownBy(() -> child.ask("start", new JsonObject(), Duration.ofMinutes(1)))
          .isInstanceOf(BenchException.class)
          .hasMessageContaining("kernel: the process ended")
          .hasMessageContaining("Runtime Environment");
    }
  }

  @Test
  void classData_isThatOfTheLauncher_exceptUnderAFlightRecording() {
    List<String> launcher = List.of("-Xmx1g", "-XX:SharedArchiveFile=x.jsa", "-XX:+UseSerialGC");

    assertThat(Child.classData(launcher, List.of("-Xmx2g")))
        .containsExactly("-XX:SharedArchiveFile=x.jsa");
    assertThat(Child.classData(launcher, List.of("-Xmx2g", "-XX:StartFlightRecording=delay=1s")))
        .isEmpty();
  }

  @Test
  void flags_ofEachJava_leaveItsClassDataUsable() {
    List<String> archive = List.of("-XX:AOTCache=x.aot");

    assertThat(Child.modern(17, List.of("-XX:SharedArchiveFile=x.jsa"))).isEmpty();
    assertThat(Child.modern(25, archive)).containsExactly("--sun-misc-unsafe-memory-access=allow");
    assertThat(Child.modern(25, List.of()))
        .containsExactly(
            "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow");
  }
}
