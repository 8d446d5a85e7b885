package io.trestle.system;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trestle.Acceptance;
import io.trestle.sdk.EventType;
import io.trestle.sdk.PublishOptions;
import io.trestle.sdk.ServiceBridge;
import io.trestle.testing.Sql;
import io.trestle.testing.TestKernel;
import io.trestle.testing.TestKernel.ServiceKey;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The database refuses, hangs, and comes back while publishers go on. */
@Timeout(180)
class EventsDatabaseAwayTest {
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  @Test
  @Acceptance("EV-20")
  void databaseThatIsAwayOrHangs_endsNoPublish_andEachEventIsStoredOnce() throws Exception {
    String direct = TestKernel.newDatabase();
    int port = URI.create(direct).getPort();
    try (Switch line = new Switch(port);
        TestKernel kernel =
            TestKernel.onDatabase(
                direct.replace(":" + port + "/", ":" + line.port() + "/"), o -> o)) {
      kernel.run();
      scenario(kernel, line, Sql.on(direct));
    }
  }

  private static void scenario(TestKernel kernel, Switch line, Sql sql) throws Exception {
    ServiceKey publishing = kernel.service("publisher");
    ServiceKey consuming = kernel.service("consumer");
    Queue<String> seen = new ConcurrentLinkedQueue<>();
    try (ServiceBridge subscriber = kernel.client(consuming).build();
        ServiceBridge one = publisher(kernel, publishing);
        ServiceBridge two = publisher(kernel, publishing)) {
      subscriber.events().handle("placed", (payload, c) -> seen.add(new String(payload, UTF_8)));
      subscriber.start();
      List<Stream> streams = List.of(new Stream("a", one), new Stream("b", two));
      streams.forEach(Stream::begin);
      await().until(() -> seen.size() > 20);

      line.off();
      await().during(Duration.ofSeconds(3)).until(() -> true);
      line.on();
      long before = seen.size();
      await().atMost(Duration.ofSeconds(30)).until(() -> seen.size() > before + 20);

      line.hang();
      await().during(Duration.ofSeconds(9)).until(() -> true);
      line.off();
      line.on();

      List<String> ids = new ArrayList<>();
      for (Stream stream : streams) {
        ids.addAll(stream.end());
      }
      assertThat(ids).doesNotHaveDuplicates();
      assertThat(sql.column(String.class, "SELECT id::text FROM event_log WHERE name = 'placed'"))
          .containsExactlyInAnyOrderElementsOf(ids);
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> seen.stream().distinct().count() == ids.size());
    }
  }

  private static ServiceBridge publisher(TestKernel kernel, ServiceKey key) {
    return kernel.client(key).publishTimeout(Duration.ofSeconds(90)).build();
  }

  /** One publisher that does not stop. */
  private static final class Stream {
    private final String name;
    private final EventType<byte[]> placed;
    private final List<CompletableFuture<String>> published = new ArrayList<>();
    private final AtomicBoolean over = new AtomicBoolean();
    private final Thread thread = new Thread(this::run);

    Stream(String name, ServiceBridge sdk) {
      this.name = name;
      this.placed = sdk.events().define("placed");
      sdk.start();
    }

    void begin() {
      thread.start();
    }

    private void run() {
      while (!over.get()) {
        String text = name + published.size();
        published.add(
            placed.publishAsync(
                text.getBytes(UTF_8), PublishOptions.keyed(name + published.size() % 7)));
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }

    /** The ids of all; fails when one publish was answered for good with anything but success. */
    List<String> end() throws Exception {
      over.set(true);
      thread.join();
      List<String> ids = new ArrayList<>();
      for (CompletableFuture<String> id : published) {
        ids.add(id.get(90, TimeUnit.SECONDS));
      }
      return ids;
    }
  }
}
