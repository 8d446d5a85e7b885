package io.trestle.sdk.internal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trestle.Acceptance;
import io.trestle.protocol.ErrorCode;
import io.trestle.protocol.v1.EventSubscription;
import io.trestle.protocol.v1.PublishedEvent;
import io.trestle.protocol.v1.RegisterRequest;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.EventSchema;
import io.trestle.sdk.EventType;
import io.trestle.sdk.Events;
import io.trestle.sdk.InvalidEventNameException;
import io.trestle.sdk.PublishOptions;
import io.trestle.sdk.RetryPolicy;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.StateException;
import io.trestle.sdk.SubscriptionOptions;
import io.trestle.sdk.ValidationException;
import io.trestle.sdk.internal.inbound.Handlers;
import io.trestle.sdk.protobuf.MessageSchema;
import io.trestle.sdk.protobuf.ProtoFile;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class BridgeEventsTest {
  private static final byte[] PAYLOAD = "{\"a\":1}".getBytes(UTF_8);
  private static final EventSchema<Map<String, Object>> ORDER = order();

  private final MemoryBridge memory =
      new MemoryBridge(
          "orders",
          CallOptions.DEFAULT,
          call -> {
            throw new AssertionError("a call");
          });
  private final ServiceBridge bridge = memory.bridge();
  private final Events events = bridge.events();

  @AfterEach
  void stop() {
    bridge.stop();
  }

  @Test
  @Acceptance("EV-1")
  void badNames_areRefused_andNothingIsPublished() {
    EventType<byte[]> good = events.define("order-created.v1_alpha");
    bridge.start();
    for (String bad :
        List.of(
            "Order.Created",
            "order.created!",
            "name with spaces",
            "",
            ".leading.dot",
            "trailing.dot.")) {
      assertThatThrownBy(() -> events.publish(bad, PAYLOAD, PublishOptions.DEFAULT))
          .isInstanceOf(InvalidEventNameException.class);
    }
    assertThat(memory.events().published()).isEmpty();
    assertThat(good.publish(PAYLOAD)).isNotEmpty();
  }

  @Test
  void badNamesAndPatterns_areRefusedWhereTheyAreDeclared() {
    assertThatThrownBy(() -> events.define("Order")).isInstanceOf(InvalidEventNameException.class);
    assertThatThrownBy(() -> events.define("order.*"))
        .isInstanceOf(InvalidEventNameException.class);
    assertThatThrownBy(() -> events.handle("order-*", (p, c) -> {}))
        .isInstanceOf(InvalidEventNameException.class);
  }

  @Test
  void phases_areKept() {
    EventType<byte[]> order = events.define("order");
    assertState(() -> order.publish(PAYLOAD), "the bridge is not started");
    bridge.start();
    assertState(() -> events.define("late"), "declarations come before start");
    assertState(() -> events.handle("late", (p, c) -> {}), "declarations come before start");
    assertState(
        () -> events.publish("undefined", PAYLOAD, PublishOptions.DEFAULT),
        "event: undefined is not defined");
    assertThat(order.publish(PAYLOAD)).isNotEmpty();
    bridge.stop();
    assertState(() -> order.publish(PAYLOAD), "the bridge is stopped");
    assertState(
        () -> events.publish("Bad Name", PAYLOAD, PublishOptions.DEFAULT), "the bridge is stopped");
  }

  @Test
  void definingTwice_needsTheSameSchema() {
    events.define("order", ORDER);
    events.define("order", order());
    assertThatThrownBy(() -> events.define("order"))
        .isInstanceOf(ValidationException.class)
        .hasMessage("event: order is defined with another schema");
  }

  @Test
  void aPattern_hasOneHandler_andItsFilterMustBeOne() {
    events.handle("order.#", (p, c) -> {});
    assertThatThrownBy(() -> events.handle("order.#", (p, c) -> {}))
        .isInstanceOf(ValidationException.class)
        .hasMessage("pattern: order.# has a handler already");
    assertThatThrownBy(
            () ->
                events.handle(
                    "a",
                    (p, c) -> {},
                    SubscriptionOptions.filtered("{\"not a path\":{\"nested\":true}}")))
        .isInstanceOf(ValidationException.class)
        .hasMessageStartingWith("pattern a: filter:");
  }

  @Test
  void filterMaps_becomeJson() {
    Map<String, Object> filter = new LinkedHashMap<>();
    filter.put("$.cur", "E\"U\nR");
    filter.put("$.amount", Map.of("$gt", 40.5));
    filter.put("$.tags", Arrays.asList(1, true, null));
    assertThat(SubscriptionOptions.filtered(filter).filter())
        .isEqualTo(
            "{\"$.cur\":\"E\\\"U\\u000aR\",\"$.amount\":{\"$gt\":40.5},\"$.tags\":[1,true,null]}");
    assertThatThrownBy(() -> SubscriptionOptions.filtered(Map.of("$.a", new Object())))
        .isInstanceOf(ValidationException.class);
    assertThatThrownBy(() -> SubscriptionOptions.filtered(Map.of("$.a", Double.NaN)))
        .isInstanceOf(ValidationException.class);
  }

  @Test
  void declarations_sayWhatIsDefinedAndHandled() {
    Declarations declarations = new Declarations();
    declarations.publishes("order", ORDER);
    declarations.subscribes("a", SubscriptionOptions.DEFAULT);
    declarations.subscribes(
        "b.#",
        SubscriptionOptions.filtered("{\"$.a\":1}")
            .withRetryPolicy(RetryPolicy.DEFAULT)
            .withGroup("audit")
            .withTtl(Duration.ofHours(1)));
    RegisterRequest request = declarations.request(new Handlers(), "", "");
    assertThat(request.getIncomingList()).isEmpty();
    PublishedEvent published = request.getPublished(0);
    assertThat(published.getName()).isEqualTo("order");
    assertThat(published.getContractHash()).startsWith("v2:").isEqualTo(ORDER.contractHash());
    assertThat(published.getSchemaJson()).isNotEmpty();
    assertThat(request.getEventSubscriptionsList())
        .containsExactly(
            EventSubscription.newBuilder().setPattern("a").build(),
            EventSubscription.newBuilder()
                .setPattern("b.#")
                .setFilter("{\"$.a\":1}")
                .setRetryPolicyJson(
                    "{\"baseDelayMs\":200,\"factor\":2.0,\"jitter\":0.3,"
                        + "\"maxAttempts\":3,\"maxDelayMs\":5000}")
                .setGroup("audit")
                .setTtlMs(3_600_000)
                .build());
  }

  @Test
  @Acceptance("EV-7")
  void payloadOfAWrongType_isValidation_andNothingIsPublished() {
    EventType<Map<String, Object>> order = events.define("order", ORDER);
    bridge.start();
    assertThatThrownBy(() -> order.publish(Map.of("id", 5)))
        .isInstanceOfSatisfying(
            ValidationException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.VALIDATION));
    assertThat(memory.events().published()).isEmpty();
  }

  @Test
  void memory_deliversToHandlersThatMatch_byPatternAndFilter() throws Exception {
    EventType<Map<String, Object>> order = events.define("order.placed", ORDER);
    List<String> seen = new ArrayList<>();
    events.handle("order.*", ORDER, (o, c) -> seen.add("all " + o.get("id") + " " + c.attempt()));
    events.handle(
        "#",
        ORDER,
        (o, c) -> seen.add("large " + o.get("id")),
        SubscriptionOptions.filtered(Map.of("$.amount", Map.of("$gt", 100))));
    events.handle("other.#", (p, c) -> seen.add("other"));
    bridge.start();
    String first = order.publish(Map.of("id", "1", "amount", 5.0), PublishOptions.keyed("k"));
    String second = order.publish(Map.of("id", "2", "amount", 500.0), PublishOptions.keyed("k"));
    memory.events().settled().get(60, TimeUnit.SECONDS);
    assertThat(seen).containsExactly("all 1 1", "all 2 1", "large 2");
    assertThat(memory.events().published().stream().map(p -> p.envelope().id()))
        .containsExactly(first, second);
    assertThat(new String(memory.events().published().get(0).envelope().payloadJson(), UTF_8))
        .isEqualTo("{\"id\":\"1\",\"amount\":5.0}");
  }

  private static EventSchema<Map<String, Object>> order() {
    return MessageSchema.of(
            ProtoFile.parse(
                    "syntax = \"proto3\"; message Order { string id = 1; double amount = 2; }")
                .message("Order"))
        .asMaps();
  }

  private static void assertState(ThrowingCallable action, String text) {
    assertThatThrownBy(action).isInstanceOf(StateException.class).hasMessage(text);
  }
}
