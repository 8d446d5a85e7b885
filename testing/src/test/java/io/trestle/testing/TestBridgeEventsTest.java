package io.trestle.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trestle.sdk.EventRefusal;
import io.trestle.sdk.EventSchema;
import io.trestle.sdk.EventType;
import io.trestle.sdk.HandlerException;
import io.trestle.sdk.PublishOptions;
import io.trestle.sdk.SubscriptionOptions;
import io.trestle.sdk.ValidationException;
import io.trestle.sdk.outbox.sqlite.SqliteOutbox;
import io.trestle.sdk.outbox.sqlite.SqliteOutboxOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TestBridgeEventsTest {
  private final TestBridge shop = TestBridge.create();
  private final List<String> seen = new CopyOnWriteArrayList<>();

  @AfterEach
  void stop() {
    shop.close();
  }

  @Test
  void publishes_areRecorded_andReachOwnHandlers_inTheOrderOfTheirKey() {
    EventType<byte[]> moved = shop.bridge().events().define("stock.moved");
    shop.bridge()
        .events()
        .handle(
            "stock.#",
            (payload, context) -> seen.add(new String(payload, UTF_8)),
            SubscriptionOptions.filtered(Map.of("$.sku", "a")));
    shop.start();
    PublishOptions keyed = PublishOptions.keyed("k").withIdempotencyKey("once");
    for (int i = 0; i < 5; i++) {
      String id = moved.publish(json("a", i), keyed);
      assertThat(id).isNotEmpty();
    }
    assertThat(moved.publish(json("b", 9))).isNotEmpty();
    shop.settle();
    assertThat(seen).hasSize(5).isSorted();
    assertThat(shop.events()).hasSize(6);
    RecordedEvent first = shop.events().get(0);
    assertThat(first.name()).isEqualTo("stock.moved");
    assertThat(first.payload(EventSchema.RAW)).isEqualTo(json("a", 0));
    assertThat(first.options()).isEqualTo(keyed);
    shop.reset();
    assertThat(shop.events()).isEmpty();
  }

  @Test
  void outbox_publishesHereToo(@TempDir Path directory) {
    EventType<byte[]> moved = shop.bridge().events().define("stock.moved");
    shop.bridge()
        .events()
        .handle("stock.#", (payload, context) -> seen.add(new String(payload, UTF_8)));
    PublishOptions keyed = PublishOptions.keyed("k").withHeaders(Map.of("a", "b"));
    try (SqliteOutbox outbox =
        SqliteOutbox.open(shop.bridge(), SqliteOutboxOptions.in(directory))) {
      outbox.publish(moved, json("a", 1), keyed);
      outbox.publish(moved, json("a", 2), keyed);
      shop.start();
    }
    shop.settle();
    assertThat(seen).hasSize(2).isSorted();
    assertThat(shop.events()).hasSize(2);
    assertThat(shop.events().get(0).options().headers()).isEqualTo(Map.of("a", "b"));
  }

  @Test
  void handlerThatPublishes_isFollowed() {
    EventType<byte[]> second = shop.bridge().events().define("second");
    shop.bridge()
        .events()
        .handle(
            "first",
            (payload, context) -> {
              seen.add("first");
              second.publish(payload, PublishOptions.keyed(context.partitionKey()));
            });
    shop.bridge().events().handle("second", (payload, context) -> seen.add("second"));
    shop.start();
    shop.deliver("first", EventSchema.RAW, json("a", 1), PublishOptions.keyed("k"), 1);
    shop.settle();
    assertThat(seen).containsExactly("first", "second");
    assertThat(shop.events()).hasSize(1);
  }

  @Test
  void deliveredEvent_showsWhatTheTestSays_andWhatTheHandlerFailedWith() {
    shop.bridge()
        .events()
        .handle(
            "order.*",
            (payload, context) -> {
              seen.add(context.eventName() + " " + context.attempt() + context.headers());
              if (context.attempt() == 1) {
                throw context.retry(Duration.ofSeconds(3));
              } else if (context.attempt() == 2) {
                throw new IllegalStateException("broken");
              }
            });
    shop.start();
    assertThatThrownBy(() -> shop.deliver("order.placed", EventSchema.RAW, json("a", 1)))
        .isInstanceOfSatisfying(
            EventRefusal.class, e -> assertThat(e.retryAfter()).contains(Duration.ofSeconds(3)));
    PublishOptions options = PublishOptions.DEFAULT.withHeaders(Map.of("h", "v"));
    assertThatThrownBy(
            () -> shop.deliver("order.placed", EventSchema.RAW, json("a", 1), options, 2))
        .isInstanceOf(HandlerException.class)
        .hasMessage("broken");
    shop.deliver("order.placed", EventSchema.RAW, json("a", 1), options, 3);
    assertThat(seen)
        .containsExactly("order.placed 1{}", "order.placed 2{h=v}", "order.placed 3{h=v}");
    assertThatThrownBy(() -> shop.deliver("other", EventSchema.RAW, json("a", 1)))
        .isInstanceOf(ValidationException.class)
        .hasMessage("event other: no handler matches");
  }

  private static byte[] json(String sku, int count) {
    return ("{\"sku\":\"" + sku + "\",\"count\":" + count + "}").getBytes(UTF_8);
  }
}
