package io.trestle.examples.orderflow.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With real processes: what the promise to leave none behind stands on. */
class ChildTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  @TempDir Path logs;

  /** Leaves in order when it is asked to. */
  static final class Patient {
    private Patient() {}

    public static void main(String[] args) throws InterruptedException {
      Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("left in order")));
      System.out.println("ready " + System.getenv("COLOUR"));
      new CountDownLatch(1).await();
    }
  }

  /** Breaks. */
  static final class Broken {
    private Broken() {}

    public static void main(String[] args) {
      if (!"red".equals(System.getenv("COLOUR"))) {
        throw new IllegalStateException("broken from the start");
      }
    }
  }

  @Test
  void release_leavesInOrder() throws Exception {
    Child child = start(Patient.class);
    assertThat(child.awaitReady(LIMIT)).isEqualTo("ready green");

    child.release();

    assertThat(child.awaitEnd(LIMIT)).isTrue();
    assertThat(child.isAlive()).isFalse();
    child.awaitOutputEnd();
    assertThat(Files.readString(logs.resolve("child.log"))).contains("left in order");
  }

  @Test
  void kill_isAtOnce() throws Exception {
    Child child = start(Patient.class);
    child.awaitReady(LIMIT);

    child.kill();

    assertThat(child.isAlive()).isFalse();
    child.awaitOutputEnd();
    assertThat(Files.readString(logs.resolve("child.log"))).doesNotContain("left in order");
  }

  @Test
  void awaitReady_processThatEnds_tellsWhatItSaid() {
    assertThatThrownBy(() -> start(Broken.class).awaitReady(LIMIT))
        .isInstanceOf(DemoException.class)
        .hasMessageContaining("child: the process ended")
        .hasMessageContaining("broken from the start");
  }

  @Test
  void command_carriesNoEnvironment() {
    assertThat(JavaCommand.service(Patient.class)).noneMatch(word -> word.contains("green"));
  }

  private Child start(Class<?> main) {
    List<String> command = JavaCommand.service(main);
    return Child.start("child", command, Map.of("COLOUR", "green"), logs);
  }
}
