package io.trestle.system.events;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trestle.sdk.EventType;
import io.trestle.sdk.PublishOptions;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The runtime goes away and comes back, on the same ports and the same database. */
@Timeout(120)
class EventOutageTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();

  @Test
  void whatIsPublishedMeanwhile_isDeliveredOnce_inOrder() throws Exception {
    ServiceKey publishing = TRESTLE.kernel().service("publisher");
    ServiceKey consuming = TRESTLE.kernel().service("consumer");
    List<String> seen = new CopyOnWriteArrayList<>();
    TRESTLE.connect(
        consuming,
        options -> options.reconnectInterval(Duration.ofMillis(200)),
        sdk -> sdk.events().handle("placed", (payload, c) -> seen.add(new String(payload, UTF_8))));
    List<EventType<byte[]>> placed = new ArrayList<>();
    TRESTLE.connect(
        publishing,
        options -> options.reconnectInterval(Duration.ofMillis(200)),
        sdk -> placed.add(sdk.events().define("placed")));
    TRESTLE.kernel().stop();
    List<CompletableFuture<String>> ids = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      ids.add(placed.get(0).publishAsync(("" + i).getBytes(UTF_8), PublishOptions.keyed("k")));
    }
    TRESTLE.kernel().run();
    for (CompletableFuture<String> id : ids) {
      assertThat(id.get(60, TimeUnit.SECONDS)).isNotEmpty();
    }
    await().atMost(Duration.ofSeconds(60)).until(() -> seen.size() >= 10);
    assertThat(seen).containsExactly("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
  }
}
