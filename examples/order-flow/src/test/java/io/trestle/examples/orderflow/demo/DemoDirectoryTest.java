package io.trestle.examples.orderflow.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoDirectoryTest {
  @TempDir Path temporary;

  @Test
  void take_whileOthersRun_isAnotherOne() throws IOException {
    Path root = temporary.resolve("state");
    try (DemoDirectory first = DemoDirectory.take(root)) {
      try (DemoDirectory second = DemoDirectory.take(root)) {
        assertThat(first.path()).isEqualTo(root.resolve("demo"));
        assertThat(second.path()).isEqualTo(root.resolve("demo-2"));
      }
    }
    try (DemoDirectory again = DemoDirectory.take(root)) {
      assertThat(again.path()).isEqualTo(root.resolve("demo"));
    }
  }

  @Test
  void take_isForTheOwnerAlone() throws IOException {
    try (DemoDirectory directory = DemoDirectory.take(temporary.resolve("state"))) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.path())))
          .isEqualTo("rwx------");
    }
  }

  @Test
  void take_afterAnEarlierDemo_beginsEmptyButKeepsThePrograms() throws IOException {
    Path demo = temporary.resolve("state/demo");
    Files.createDirectories(demo.resolve("embedded/data"));
    Files.writeString(demo.resolve("embedded/data/postmaster.pid"), "1\n/somewhere/else\n");
    Files.createDirectories(demo.resolve("postgresql"));

    try (DemoDirectory directory = DemoDirectory.take(temporary.resolve("state"))) {
      assertThat(directory.embedded()).doesNotExist();
      assertThat(directory.path().resolve("postgresql")).exists();
    }
  }
}
